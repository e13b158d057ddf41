/** What can be followed of a run besides its curves: its log, and what the engine takes of the machine meanwhile. */
import { z } from 'zod'
import { awaitedSchema, judgedSchema, phaseSchema } from './progress.ts'

const at = { /** Milliseconds since 1970. */ at: z.int() }
const count = z.int().nonnegative()
const figure = z.number().optional()

/** A line of a run's log, as plain data: the window puts it into words. */
export const runLine = z.discriminatedUnion('kind', [
  /** It begins, or goes on. */
  z.object({ ...at, kind: z.literal('begun'), device: z.string(), seed: count, images: z.record(z.string(), count), classes: count }),
  z.object({ ...at, kind: z.literal('left-out'), images: count }),
  z.object({ ...at, kind: z.literal('phase'), phase: phaseSchema, part: z.string().optional(), total: z.number() }),
  z.object({
    ...at,
    kind: z.literal('step'),
    step: z.number(),
    steps: z.number(),
    loss: z.number(),
    lr: figure,
    gradNorm: figure,
    imagesPerSecond: figure,
  }),
  z.object({ ...at, kind: z.literal('epoch'), ...judgedSchema.omit({ answers: true }).shape }),
  z.object({ ...at, kind: z.literal('waits'), waits: awaitedSchema }),
  z.object({ ...at, kind: z.literal('goes-on') }),
  z.object({
    ...at,
    kind: z.literal('ended'),
    status: z.enum(['done', 'failed', 'cancelled']),
    device: z.string().optional(),
    error: z.string().nullable(),
  }),
])
export type RunLine = z.infer<typeof runLine>

/** `from`: lines that were passed over; `next`: where to go on reading. */
export const runLines = z.object({ lines: z.array(runLine), from: count, next: count })
export type RunLines = z.infer<typeof runLines>

/** What the engine's process has taken since it started: CPU time in microseconds, and the bytes in memory now. */
export const engineUse = z.object({ cpu: z.number().nonnegative(), memory: z.number().nonnegative() })
export type EngineUse = z.infer<typeof engineUse>

/** Null where it is not known. Sizes in bytes. */
export const systemUse = z.object({
  ...at,
  cores: z.int().positive(),
  /** Of the engine: how many cores it kept busy since the sample before. */
  cpu: z.number().nonnegative().nullable(),
  memory: z.object({ used: z.number().nonnegative().nullable(), free: z.number().nonnegative(), total: z.number().positive() }),
  /** Of the project's disk. */
  disk: z.object({ free: z.number().nonnegative().nullable() }),
  /** Of all programs: fraction of the time that it was busy. */
  gpu: z
    .object({
      name: z.string(),
      busy: z.number().min(0).max(1).nullable(),
      used: z.number().nonnegative(),
      total: z.number().nonnegative(),
    })
    .nullable(),
})
export type SystemUse = z.infer<typeof systemUse>
