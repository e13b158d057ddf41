/** What computes on this machine: what was found, how it agrees with the CPU, how fast it is. */
import { z } from 'zod'
import { sentenceSchema } from '../sentences/table.ts'
import { wordsSchema } from './words.ts'

/** A device's id; the engine has a record for each and rejects others. */
export const deviceSchema = z.string().min(1)
export type Device = z.infer<typeof deviceSchema>

export const deviceEntrySchema = z.object({ id: deviceSchema, title: wordsSchema, about: wordsSchema })
export type DeviceEntry = z.infer<typeof deviceEntrySchema>

/** Most threads that the settings may name. */
export const threadsMost = 256

const amount = z.number().nonnegative()

/** How fast a device is on a network of random weights. */
export const networkFigures = z.object({
  network: z.string(),
  /** Images of a step, and of a batch whose features are computed. */
  batch: z.int().positive(),
  /** Parameters of the network, all of which are trained. */
  parameters: z.int().positive(),
  /** Median seconds of a step: forward, gradient, clipping and AdamW. */
  step: z.object({ seconds: amount, runs: z.int().positive(), imagesPerSecond: amount, gflops: amount }),
  /** Image features, without reading and decoding images. */
  features: z.object({ seconds: amount, runs: z.int().positive(), imagesPerSecond: amount, gflops: amount }),
  /** Nodes that onnxruntime ran in one step: on the device, on the CPU instead, and copies between the two; null: not counted. */
  nodes: z.object({ device: z.int(), cpu: z.int(), copies: z.int(), fallbacks: z.record(z.string(), z.int()) }).nullable(),
})
export type NetworkFigures = z.infer<typeof networkFigures>

export const productFigures = z.object({ size: z.int().positive(), gflops: amount })

/** A device after its self-check. */
export const checkedDevice = z.object({
  device: deviceSchema,
  ok: z.boolean(),
  /** Why it is not used. */
  problem: sentenceSchema.nullable(),
  /** Largest relative difference of a small training's losses from the CPU's; null: it gave none, or it is the CPU. */
  error: amount.nullable(),
  /** The CPU's time for a matrix product over its own; null: not known. Below 1 it is slower than the CPU. */
  speed: amount.nullable(),
  product: productFigures.nullable(),
  networks: z.array(networkFigures),
})
export type CheckedDevice = z.infer<typeof checkedDevice>

export const devicesChecked = z.object({
  /** When, in ms since 1970. */
  at: z.int(),
  /** Version of onnxruntime. */
  runtime: z.string(),
  /** Largest error with which a device is used. */
  tolerance: amount,
  threads: z.int().positive(),
  devices: z.array(checkedDevice),
})
export type DevicesChecked = z.infer<typeof devicesChecked>

/** How a device that is not there could be had. */
export const wayTo = z.object({
  /** Not on this system, whatever is installed. */
  possible: z.boolean(),
  what: wordsSchema,
  /** A line for the terminal. */
  command: z.string().nullable(),
})
export type WayTo = z.infer<typeof wayTo>

export const knownDevice = deviceEntrySchema.extend({
  reference: z.url(),
  /** Whether onnxruntime has its provider here and there is hardware for it, so that it can be checked. */
  there: z.boolean(),
  /** What to install for it, or for more of it; null: nothing. */
  way: wayTo.nullable(),
})
export type KnownDevice = z.infer<typeof knownDevice>

export const machineSchema = z.object({
  /** As Node names it, e.g. linux x64. */
  system: z.string(),
  processor: z.string(),
  /** Processors that this program may use. */
  cores: z.int().positive(),
  /** In bytes. */
  memory: z.number().positive(),
  /** Graphics cards and Vulkan drivers, as the system names them. */
  graphics: z.array(z.string()),
})
export type Machine = z.infer<typeof machineSchema>

export const devicesFound = z.object({
  machine: machineSchema,
  /** Version of onnxruntime; null where it has no library for this system. */
  runtime: z.string().nullable(),
  devices: z.array(knownDevice),
  /** The last check on this machine, if onnxruntime and graphics are still the same. */
  last: devicesChecked.nullable(),
})
export type DevicesFound = z.infer<typeof devicesFound>
