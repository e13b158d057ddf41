/** The report of `npm run bench -- gpu`, one a machine. */
import { z } from 'zod'
import { checkedDevice, machineSchema, networkFigures } from '#shared/model/devices.ts'

/** What gpu.py prints. */
export const torchFigures = z.object({
  version: z.string(),
  device: z.string(),
  /** The card's name; for the CPU, its own. */
  name: z.string(),
  /** Products in float32, without TF32. */
  precision: z.literal('float32'),
  networks: z.array(networkFigures.omit({ nodes: true })),
})

export const gpuReport = z.object({
  schema: z.literal(1),
  /** ISO 8601. */
  at: z.iso.datetime(),
  /** full: ViT-S/16 and ViT-B/32 at 224 pixels. tiny: a tower of one layer, where nothing but the CPU or software computes. */
  form: z.enum(['full', 'tiny']),
  /** Why it is not the full form. */
  note: z.string().nullable(),
  machine: machineSchema,
  node: z.string(),
  runtime: z.string(),
  threads: z.int().positive(),
  seconds: z.number().nonnegative(),
  devices: z.array(checkedDevice),
  /** What was not measured, and why. */
  leftOut: z.array(z.object({ device: z.string(), what: z.string(), why: z.string() })),
  /** PyTorch on the same machine; otherwise why not. */
  torch: z.union([torchFigures, z.object({ missing: z.string() })]),
  /** Images per second over PyTorch's, where both computed on the same kind of device. */
  ratios: z.array(z.object({ device: z.string(), network: z.string(), step: z.number(), features: z.number() })),
})
export type GpuReport = z.infer<typeof gpuReport>
