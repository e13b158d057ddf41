/** Where trainings run: one record a file in `records/`. What a training is, and what becomes of its result, they do not know. */
import type { z } from 'zod'
import type { JobProgress, ResultOf, TrainJob } from '#shared/model/job.ts'
import type { RunnerId } from '#shared/model/slurm.ts'
import type { Sentence } from '#shared/sentences/table.ts'
import type { MakeJob, RunningJob } from '../../engine/index.ts'
import type { AppContext } from '../context.ts'

export interface RunningTraining extends RunningJob<ResultOf<'train'>> {
  /**
   * Stops following it, as this program is closed: it goes on elsewhere, and is followed again when the same training is
   * started again. Absent where it cannot outlive the program.
   */
  leave?(): void
}

export interface Runner {
  run(make: MakeJob<TrainJob>, onProgress: (p: JobProgress) => void): RunningTraining
}

export interface RunnerRecord {
  readonly id: RunnerId
  /** Sort key for lists. */
  readonly order: number
  /** What a person can set for it, if anything. */
  readonly settings?: z.ZodObject
  /** What is missing to use it here; null if nothing is. */
  missing(app: AppContext): Sentence | null
  /** Called once for each application. */
  start(app: AppContext): Runner
}

export const defineRunner = (record: RunnerRecord): RunnerRecord => record
