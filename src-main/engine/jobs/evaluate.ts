import type { EvaluateJob, Measured, ResultOf } from '#shared/model/job.ts'
import { openModel } from '../models/checkpoint.ts'
import { chooseProvider } from '../runtime/devices.ts'
import type { Provider } from '../runtime/session.ts'
import type { JobHooks } from './hooks.ts'
import type { Data, Measuring } from './measure.ts'
import { measureRecord } from './measures.ts'
import { storeFor } from './pictures.ts'

/** Measures a checkpoint at a task on every split. */
export async function evaluateJob(job: EvaluateJob, hooks: JobHooks): Promise<ResultOf<'evaluate'>> {
  const started = performance.now()
  measureRecord(job.task)
  const { provider } = await chooseProvider(job.device)
  const measured = await evaluateSplits(job.checkpoint, job, hooks, provider)
  const seconds = (performance.now() - started) / 1000
  return { kind: 'evaluate', checkpoint: job.checkpoint, device: provider, seconds, measured, leftOut: [] }
}

/** @param data `task`: classification by default */
export async function evaluateSplits(
  dir: string,
  data: Data & { readonly task?: string },
  hooks: JobHooks,
  provider: Provider,
  { pictures = storeFor(data.splits), patience }: Partial<Pick<Measuring, 'pictures' | 'patience'>> = {},
): Promise<Measured> {
  const model = await openModel(dir)
  try {
    return await measureRecord(data.task ?? 'classify').measure(model, data, { hooks, provider, pictures, patience })
  } finally {
    model.close()
  }
}
