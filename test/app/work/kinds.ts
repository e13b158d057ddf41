/** Kinds of jobs whose every step the test takes, and a queue of them on a real project. */
import { z } from 'zod'
import type { JobEntry } from '#shared/contract/app.ts'
import { cancelled } from '#shared/errors.ts'
import type { Lane } from '#shared/model/queue.ts'
import type { AppContext } from '../../../src-main/app/context.ts'
import { type JobKind, jobKind } from '../../../src-main/app/work/kind.ts'
import { Queue } from '../../../src-main/app/work/queue.ts'
import type { Held } from '../../../src-main/app/work/queue-options.ts'
import { ProjectPool } from '../../../src-main/app/serve/pool.ts'

/** What is at work, by subject; `done` and `fail` end it. A job that is cancelled ends at once. */
export class Stage {
  readonly begun: string[] = []
  private readonly ends = new Map<string, { done(): void; fail(e: Error): void }>()
  readonly kinds: ReadonlyMap<string, JobKind> = new Map(
    (['interactive', 'training', 'cluster', 'background'] as const).map((lane) => [lane, this.kind(lane)]),
  )

  private kind(lane: Lane): JobKind {
    return jobKind({
      id: lane,
      lane,
      request: z.object({ name: z.string() }),
      ...(lane === 'cluster' && { outlives: () => true }),
      run: ({ signal }, { name }) => {
        this.begun.push(name)
        return new Promise((resolve, reject) => {
          this.ends.set(name, { done: () => resolve({ name }), fail: reject })
          signal.addEventListener('abort', () => reject(cancelled()))
        })
      },
    })
  }

  done = (name: string) => this.ends.get(name)!.done()
  fail = (name: string, problem: Error) => this.ends.get(name)!.fail(problem)
}

/** A start of the program on a project. */
export function program(folder: string, { kinds }: Pick<Stage, 'kinds'>, machine = 'here') {
  const told: JobEntry[] = []
  const pool: ProjectPool = new ProjectPool({ opened: (held) => queue.adopt(held), closed: ({ key }) => queue.forget(key) })
  const queue: Queue = new Queue({
    models: {} as AppContext,
    kinds,
    projects: pool,
    home: (at) => `${machine} ${at}`,
    hooks: {
      changed: (entry) => told.push(entry),
      tell: () => undefined,
      continues: () => undefined,
      progress: () => undefined,
      ended: () => undefined,
    },
    report: (what, e) => {
      throw new Error(what, { cause: e })
    },
  })
  const held: Held = pool.take(folder)
  return {
    queue,
    told,
    held,
    pool,
    add: (kind: string, name: string) => queue.add(kind, { request: { name }, subject: name, project: { folder, user: 'ann' } }).jobId,
    statuses: () => Object.fromEntries(queue.list().map((j) => [j.subject, j.status])),
    /** As a person quits it. */
    async quit() {
      await queue.stop()
      pool.closeAll()
    },
    /** As the system leaves a project whose process was killed: nothing is written down any more. */
    async kill() {
      const { db } = held.project
      const stored = db.all<{ id: string; status: string }>('SELECT id, status FROM job')
      await queue.stop()
      for (const { id, status } of stored) db.run('UPDATE job SET status = ? WHERE id = ?', status, id)
      pool.closeAll()
    },
  }
}
