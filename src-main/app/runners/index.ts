/// <reference types="vite/types/importMeta.d.ts" />
/** The registry of runners, and the one of each kind that an application has. */
import { inOrder } from '#shared/model/registry.ts'
import type { RunnerId } from '#shared/model/slurm.ts'
import { userError } from '#shared/errors.ts'
import type { AppContext } from '../context.ts'
import type { Runner, RunnerRecord } from './runner.ts'

const files = import.meta.glob<RunnerRecord>('./records/*.ts', { import: 'default', eager: true })
export const runners = inOrder(files)

const started = new WeakMap<AppContext, Map<RunnerId, Runner>>()

/** @throws a user fault naming what is missing to run there */
export function runnerOf(app: AppContext, id: RunnerId = 'local'): Runner {
  const record = runners.find((r) => r.id === id)!
  const missing = record.missing(app)
  if (missing) throw userError(missing)
  const own = started.get(app) ?? new Map<RunnerId, Runner>()
  started.set(app, own)
  const runner = own.get(id) ?? record.start(app)
  own.set(id, runner)
  return runner
}
