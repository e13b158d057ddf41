/**
 * A program with a project open whose queue holds two trainings and a sweep of successive halving, and which puts back whatever was interrupted or failed, as a person
 * would in the morning. It says how far it is; SIGUSR2 kills the engine's process. Arguments: the project's folder, a model,
 * a cache.
 */
import { writeSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { JobEntry } from '#shared/contract/app.ts'
import { sweepOf } from '#shared/model/sweep.ts'
import { getRun, listRuns, type Project } from '../../../src-main/app/projects/index.ts'
import { ProjectPool } from '../../../src-main/app/serve/pool.ts'
import { freeName } from '../../../src-main/app/training/names.ts'
import { goesOnIn } from '../../../src-main/app/training/runs.ts'
import { sweepMembers } from '../../../src-main/app/training/sweeps/members.ts'
import { planSweep } from '../../../src-main/app/training/sweeps/plan.ts'
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
    // At once, so that the rung after it waits for it.
    ended: (_, runId, { status }) => void (status === 'failed' && again(held.project, runId)),
  },
  report: (what, e) => console.error(what, e),
})
const held = pool.take(folder)
const interrupted = queue.list().filter((job) => job.status === 'interrupted')
for (const { id } of interrupted) queue.again(id)
const known = listRuns(held.project)
for (const name of ['one', 'two'])
  if (!known.some((run) => run.settings['name'] === name)) train({ recipe: 'ft', settings, device: 'cpu', name })
if (!known.some((run) => sweepOf(run.settings))) {
  const axes = [{ kind: 'grid' as const, field: 'lr', values: [1e-3, 3e-3, 3e-4, 1e-4] }]
  const spec = { recipe: 'ft', settings: { epochs: 4, batchSize: 6 }, axes, halving: { eta: 2 } }
  const { enter } = sweepMembers(models, planSweep(models, held.project, { spec, device: 'cpu' }))
  const register = (add: (typeof enter)[number]) => (project: Project) => ({ runId: add(project).id, subject: 'of the sweep' })
  queue.addAll(
    'train',
    enter.map((add) => ({ project: { folder, user: null }, register: register(add) })),
  )
}

for (let rest = true; rest;) {
  await queue.idle()
  await new Promise((go) => setTimeout(go, 20)) // one that failed is put back
  rest = queue.list().some(({ status }) => status === 'queued' || status === 'running')
}
say({ end: true })
pool.closeAll()
await engine.close()
process.exit(0)
