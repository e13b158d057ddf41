/** The devices of this machine. */
import { z } from 'zod'
import { devicesFound } from '../model/devices.ts'
import { method } from './method.ts'

export const deviceMethods = {
  /** What was found, with the last check. Starts the engine, but computes nothing. */
  'devices.find': method(z.object({}).default({}), devicesFound),
  /** Queues a check of all devices, or answers with the one that is queued or runs; `devices.find` then has its result. */
  'devices.check': method(z.object({ bench: z.boolean().default(false) }).default({ bench: false }), z.object({ jobId: z.string() })),
}
