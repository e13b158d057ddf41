/**
 * A program with a project open whose queue holds two trainings, and which puts back whatever was interrupted or failed, as a person
 * would in the morning. It says how far it is; SIGUSR2 kills the engine's process. Arguments: the project's folder, a model,
 * a cache.
 */
import { writeSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { JobEntry } from '#shared/contract/app.ts'
import { getRun, listRuns, type Project } from '../../../src-main/app/projects/index.ts'
import { ProjectPool } from '../../../src-main/app/serve/pool.ts'
import { freeName } from '../../../src-main/app/training/names.ts'
import { goesOnIn } from '../../../src-main/app/training/runs.ts'
import { registerTraining, requestOf, type TrainRequest } from '../../../src-main/app/training/train.ts'
import { jobKinds } from '../../../src-main/app/work/kinds.ts'
import { Queue } from '../../../src-main/app/work/queue.ts'
import { EngineClient } from '../../../src-main/engine/client.ts'
import { type Child, startChild } from '../../../src-main/files/child.ts'

const [folder, nano, cache] = process.argv.slice(2) as [string, string, string]
let child: Child | undefined
const engine = new EngineClient(() => (child = startChild(fileURLToPath(new URL('engine-process.js', import.meta.url)), [])))
const models = { engine, nano, cache, saveEverySeconds: 0 }
const say = (line: object) => void writeSync(1, `${JSON.stringify(line)}\n`)
process.on('SIGUSR2', () => child?.kill())

const settings = { epochs: 12, batchSize: 6, lr: 1e-3, keep: 'both' }
const train = (request: TrainRequest & { readonly name: string }) =>
  queue.add('train', {
    project: { folder, user: null },
    register: (project) => ({ runId: registerTraining(models, project, request).id, subject: request.name }),
  })

/** As `training.again` does it. */
function again(project: Project, runId: string): void {
  const run = getRun(project, runId)
  const request = requestOf(run)
  const own = goesOnIn(project, run) ?? undefined
  train({ ...request, name: freeName(project, request.name!, [], own) })
}

const pool: ProjectPool = new ProjectPool({ opened: (held) => queue.adopt(held) })
const queue: Queue = new Queue({
  models,
  kinds: jobKinds,
  projects: pool,
  home: (at) => `here ${at}`,
  hooks: {
    changed: ({ subject, status, phase, done, error }: JobEntry) => say({ subject, status, phase, done, error }),
    tell: () => undefined,
    continues: () => undefined,
    progress: () => undefined,
    ended: (_, runId, { status }) => void (status === 'failed' && setImmediate(() => again(held.project, runId))),
  },
  report: (what, e) => console.error(what, e),
})
const held = pool.take(folder)
const interrupted = queue.list().filter((job) => job.status === 'interrupted')
for (const { id } of interrupted) queue.again(id)
if (!listRuns(held.project).length) for (const name of ['one', 'two']) train({ recipe: 'ft', settings, device: 'cpu', name })

for (let rest = true; rest;) {
  await queue.idle()
  await new Promise((go) => setTimeout(go, 20)) // one that failed is put back
  rest = queue.list().some(({ status }) => status === 'queued' || status === 'running')
}
say({ end: true })
pool.closeAll()
await engine.close()
process.exit(0)
