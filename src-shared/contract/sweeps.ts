/** Train: sweeps. Their runs are those of the other trainings; what a sweep's table shows is computed from them. */
import { z } from 'zod'
import { deviceSchema } from '../model/job.ts'
import { runnerIdSchema } from '../model/slurm.ts'
import { sweepSpec } from '../model/sweep.ts'
import { trainingChoice } from '../model/training-choice.ts'
import { wordsSchema } from '../model/words.ts'
import { method } from './method.ts'

const nothing = z.object({}).default({})
const counted = z.object({ runs: z.int().nonnegative() })

export const sweepPresetEntry = z.object({
  id: z.string(),
  title: wordsSchema,
  about: wordsSchema,
  citation: z.string(),
  /** The recipe where none is chosen. */
  recipe: z.string(),
  /** Settings that the recipe must have. */
  needs: z.array(z.string()),
})
export type SweepPresetEntry = z.infer<typeof sweepPresetEntry>

const asked = z.object({
  spec: sweepSpec,
  /** Folder; the bundled model by default. */
  model: z.string().optional(),
  device: deviceSchema.optional(),
  /** Names of the runs begin with it. */
  name: z.string().max(150).optional(),
  /** Where its runs are trained; on this machine by default. */
  runner: runnerIdSchema.optional(),
  /** Which images its runs use, and as what; all as their splits say by default. */
  data: trainingChoice.optional(),
})

export const sweepMethods = {
  'sweeps.presets': method(nothing, z.array(sweepPresetEntry)),
  /** The specification that a preset makes for a recipe with these settings. */
  'sweeps.fromPreset': method(z.object({ preset: z.string(), recipe: z.string(), settings: sweepSpec.shape.settings }), sweepSpec),
  /** What a sweep would train. Fails as starting it would. */
  'sweeps.plan': method(
    asked,
    z.object({ name: z.string(), runs: z.int(), rungs: z.array(z.object({ points: z.int(), epochs: z.int().nullable() })) }),
  ),
  'sweeps.start': method(asked, z.object({ sweepId: z.string(), runIds: z.array(z.string()) })),
  /** Cancels its runs that wait or run. */
  'sweeps.cancel': method(z.object({ sweepId: z.string() }), counted),
  /** Queues its stopped runs again; they go on where they stopped if they can. */
  'sweeps.again': method(z.object({ sweepId: z.string() }), counted),
}
