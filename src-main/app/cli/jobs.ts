import { Command } from 'commander'
import { nextTime } from '#shared/model/clock.ts'
import { cancelled, userError } from '#shared/errors.ts'
import { sentence } from '#shared/sentences/table.ts'
import { type JobRecord, priorityMost } from '#shared/model/queue.ts'
import { holderOf } from '../../db/lock.ts'
import { listJobs, ownerOf } from '../../db/queue.ts'
import type { AppContext } from '../context.ts'
import { openProject } from '../projects/index.ts'
import type { Project } from '../projects/project.ts'
import { type Column, renderTable } from '../terminal/table.ts'
import { jobKinds } from '../work/kinds.ts'
import { Queue } from '../work/queue.ts'
import type { Held } from '../work/queue-options.ts'
import { jobBars, output, untilDone } from './output.ts'

interface Options {
  project: string
  json?: boolean
}

const command = (name: string, about: string) => new Command(name).description(about).requiredOption('--project <dir>', 'project folder')

export const jobsCommand = (app: AppContext): Command =>
  new Command('jobs')
    .addCommand(
      command('list', 'list the queue').action((o: Options) => {
        const project = openProject(o.project, { readOnly: true })
        try {
          answer(o, seen(project))
        } finally {
          project.close()
        }
      }),
    )
    .addCommand(
      command('run', 'run the waiting jobs; with an id, also resume or rerun that interrupted job')
        .argument('[id]', 'an interrupted job')
        .action(async (id: string | undefined, o: Options) => {
          const project = openProject(o.project)
          try {
            const { failed } = await carryOutQueue(app, project, (queue) => {
              if (id !== undefined) queue.again(id)
            })
            answer(o, listJobs(project.db))
            if (failed) process.exitCode = 2
          } finally {
            project.close()
          }
        }),
    )
    .addCommand(
      command('arrange', 'change when a waiting job starts')
        .argument('<id>', 'a waiting job')
        .option('--at <time>', 'not before this time (22:00, or 2030-01-31T22:00), or now')
        .option('--priority <n>', 'jobs of a higher priority start first; 0 unless told')
        .action((id: string, o: Options & { at?: string; priority?: string }) => {
          const project = openProject(o.project)
          try {
            const startAt = o.at === undefined ? undefined : o.at === 'now' ? null : timeOf(o.at)
            const priority = o.priority === undefined ? undefined : priorityOf(o.priority)
            queueOf(app, project, () => undefined, { carryOut: false }).arrange(id, { priority, startAt }, { carryOut: false })
            answer(o, listJobs(project.db))
          } finally {
            project.close()
          }
        }),
    )
    .addCommand(
      command('dismiss', 'dismiss an interrupted job')
        .argument('<id>', 'an interrupted job')
        .action((id: string, o: Options) => {
          const project = openProject(o.project)
          try {
            queueOf(app, project, () => undefined, { carryOut: false }).dismiss(id)
            answer(o, listJobs(project.db))
          } finally {
            project.close()
          }
        }),
    )

/** Runs the project's queue until it is empty, those included whose time is yet to come. @throws once it is told to stop */
export async function carryOutQueue(
  app: AppContext,
  project: Project,
  first: (queue: Queue) => void,
): Promise<{ readonly failed: boolean }> {
  const bars = jobBars('queue')
  const queue = queueOf(app, project, bars.onProgress)
  first(queue)
  let stopped = false
  const stop = () => {
    stopped = true
    void queue.stop()
  }
  await untilDone({ result: queue.idle(), cancel: stop })
  bars.end()
  if (stopped) throw cancelled()
  return { failed: queue.list().some((job) => job.status === 'failed') }
}

/** @throws a user error unless it is a time of day or a date with a time */
export function timeOf(text: string): number {
  const at = nextTime(text, Date.now())
  if (at === null) throw userError(sentence('command.time', { found: text }))
  return at
}

function priorityOf(text: string): number {
  const n = Number(text)
  if (!Number.isInteger(n) || Math.abs(n) > priorityMost) throw userError(sentence('command.priority', { found: text, most: priorityMost }))
  return n
}

/** The project's queue, run by this process, including jobs left by the previous one. */
function queueOf(
  models: AppContext,
  project: Project,
  onProgress: ReturnType<typeof jobBars>['onProgress'],
  { carryOut = true } = {},
): Queue {
  const held: Held = { key: project.folder, project }
  const queue = new Queue({
    models,
    kinds: jobKinds,
    projects: { take: () => held, release: () => undefined },
    home: () => null, // naming a project on the command line means its queue, wherever it was filled
    hooks: {
      changed: ({ phase, part, done, total }) => phase && onProgress({ phase, part: part ?? undefined, done, total: total ?? done }),
      tell: () => undefined,
      continues: () => undefined,
      progress: () => undefined,
      ended: () => undefined,
    },
    report: (what, error) => console.error(`${what}:`, error),
  })
  queue.adopt(held, { carryOut })
  return queue
}

/** The jobs as seen without holding the project: running jobs of a vanished process are interrupted. */
function seen({ db, folder }: Project): JobRecord[] {
  const holder = holderOf(folder)
  return listJobs(db).map((job) =>
    job.status === 'running' && (holder === null || ownerOf(db, job.id) !== holder) ? { ...job, status: 'interrupted' } : job,
  )
}

const columns: Column<JobRecord>[] = [
  { title: 'job', value: (j) => j.id },
  { title: 'kind', align: 'left', value: (j) => j.kind },
  { title: 'lane', align: 'left', value: (j) => j.lane },
  { title: 'status', align: 'left', value: (j) => j.status },
  { title: 'of', align: 'left', value: (j) => j.subject },
  {
    title: 'not before',
    align: 'left',
    value: (j) => (j.startAt === null || j.status !== 'queued' ? '' : new Date(j.startAt).toLocaleString('sv')),
  },
  { title: 'problem', align: 'left', value: (j) => j.error ?? '' },
]

const answer = ({ json }: Options, jobs: readonly JobRecord[]): void =>
  output(Boolean(json)).answer(
    jobs.map(({ id, kind, lane, status, subject, runId, error, priority, startAt }) => ({
      ...{ id, kind, lane, status, subject, runId, error, priority },
      startAt: startAt === null ? null : new Date(startAt).toISOString(),
    })),
    () => (jobs.length ? renderTable<JobRecord>(columns, jobs) : 'The queue is empty.\n'),
  )
