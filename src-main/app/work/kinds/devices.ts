import { z } from 'zod'
import { checkDevices } from '../../devices/devices.ts'
import { cancelWith, jobKind } from '../kind.ts'

/** Checks the devices of this machine against the CPU, and measures them if asked. */
export default jobKind({
  id: 'devices',
  lane: 'training',
  request: z.object({ bench: z.boolean() }),
  run: async ({ models, signal, progress }, request) => {
    await cancelWith(signal, checkDevices(models, request, progress))
    return null
  },
})
