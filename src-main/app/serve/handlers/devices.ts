import type { deviceMethods } from '#shared/contract/devices.ts'
import { isOpen } from '#shared/model/queue.ts'
import { findDevices } from '../../devices/devices.ts'
import type { HandlersOf, Parts } from '../parts.ts'

export const deviceHandlers = ({ options: { models }, queue }: Parts): HandlersOf<typeof deviceMethods> => ({
  'devices.find': () => findDevices(models),
  'devices.check': ({ bench }) => {
    const open = queue.list().find((job) => job.kind === 'devices' && isOpen(job))
    return { jobId: open?.id ?? queue.add('devices', { request: { bench } }).jobId }
  },
})
