/**
 * A program with a project open that queues two trainings and carries them out, until it is killed; it says what its jobs tell.
 * Arguments: the project's folder, a model, a cache.
 */
import { writeSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { ProjectPool } from '../../../src-main/app/serve/pool.ts'
import { registerTraining } from '../../../src-main/app/training/train.ts'
import { jobKinds } from '../../../src-main/app/work/kinds.ts'
import { Queue } from '../../../src-main/app/work/queue.ts'
import { EngineClient } from '../../../src-main/engine/client.ts'
import { startChild } from '../../../src-main/files/child.ts'

const [folder, nano, cache] = process.argv.slice(2) as [string, string, string]
const engine = new EngineClient(() => startChild(fileURLToPath(new URL('engine-process.js', import.meta.url)), []))
const models = { engine, nano, cache, saveEverySeconds: 0 }
const pool: ProjectPool = new ProjectPool({ opened: (held) => queue.adopt(held) })
const queue: Queue = new Queue({
  models,
  kinds: jobKinds,
  projects: pool,
  home: (at) => `here ${at}`,
  hooks: {
    changed: ({ subject, status, phase, done }) => void writeSync(1, `${JSON.stringify({ subject, status, phase, done })}\n`),
    tell: () => undefined,
    continues: () => undefined,
    progress: () => undefined,
    ended: () => undefined,
  },
  report: (what, e) => console.error(what, e),
})
pool.take(folder)
for (const name of ['one', 'two'])
  queue.add('train', {
    project: { folder, user: null },
    register: (project) => {
      const request = { recipe: 'ft', settings: { epochs: 150, batchSize: 6 }, device: 'cpu' as const, name }
      return { runId: registerTraining(models, project, request).id, subject: name }
    },
  })
