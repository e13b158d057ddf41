/** Runs trainings as jobs of a Slurm cluster. Those that are asked for together are submitted as one array. */
import path from 'node:path'
import process from 'node:process'
import { cancelled, userError } from '#shared/errors.ts'
import type { JobProgress, ResultOf, TrainJob } from '#shared/model/job.ts'
import type { SlurmSettings } from '#shared/model/slurm.ts'
import { sentence } from '#shared/sentences/table.ts'
import type { MakeJob } from '../../../engine/index.ts'
import { replaceText } from '../../../files/atomic.ts'
import { isWithin } from '../../../files/places.ts'
import type { SlurmPlace } from '../../context.ts'
import type { Runner, RunningTraining } from '../runner.ts'
import { failureOfJob, isOver } from './ends.ts'
import { hashOf, Plans, removeFiles, ticketOf, writeTicket } from './files.ts'
import { cancelTasks, endOf, statesOf, submit } from './programs.ts'
import { scriptOf } from './script.ts'
import { type Ending, Task } from './task.ts'

/** A run whose job is made, and waits to be submitted with others. */
interface Ready {
  readonly job: TrainJob
  /** The plan's hash: of the job as it was made here. */
  readonly plan: string
  readonly nano: boolean
  readonly settings: SlurmSettings
  follow(task: string): void
  refuse(problem: unknown): void
}

/** As many tasks as clusters allow in one array unless told otherwise (MaxArraySize). */
const MOST = 1000
/** So often Slurm must say that a job is over before its files are given up: a network disk shows them some seconds later. */
const PATIENCE = 3

export class Cluster implements Runner {
  private readonly tasks = new Set<Task>()
  private ready: Ready[] = []
  /** Runs whose jobs are being made; the array waits for them. */
  private making = 0
  private timer: NodeJS.Timeout | undefined
  private looked = 0

  constructor(
    private readonly place: SlurmPlace,
    private readonly box: { readonly nano: string },
  ) {}

  run(make: MakeJob<TrainJob>, onProgress: (p: JobProgress) => void): RunningTraining {
    const stop = new AbortController()
    let task: Task | undefined
    let begin = () => {}
    const begun = new Promise<void>((resolve) => (begin = resolve))
    let left = false
    const settings = this.place.settings()
    this.making++
    const result = new Promise<ResultOf<'train'>>((resolve, reject) => {
      const follow: Ready['follow'] = (id) => {
        task = this.follow(id, job!, { onProgress, begun: begin }, { resolve, reject })
        if (left) this.drop(task)
        else if (stop.signal.aborted) void this.cancel(task)
      }
      let job: TrainJob | undefined
      make(stop.signal)
        .then((made) => {
          if (stop.signal.aborted) throw cancelled()
          job = this.onNodes(made, settings)
          const known = ticketOf(job.out, hashOf(job))
          if (known !== undefined) return follow(known)
          this.ready.push({ job, plan: hashOf(job), nano: made.model === this.box.nano, settings, follow, refuse: reject })
        })
        .catch(reject)
        .finally(() => {
          this.making--
          if (!this.making && this.ready.length) void this.submitAll()
        })
    })
    result.catch(() => undefined)
    return {
      result,
      waits: true,
      begun,
      cancel: () => {
        stop.abort()
        if (task) void this.cancel(task)
      },
      leave: () => {
        left = true
        if (task) this.drop(task)
        else stop.abort()
      },
    }
  }

  /** The job as the nodes see it. @throws a user fault naming a path that they do not */
  private onNodes(job: TrainJob, { shared, cache, save }: SlurmSettings): TrainJob {
    const folders = shared.split(':').filter(Boolean)
    const { waits: _, ...rest } = job // nobody would see there that it waits
    const onNodes = { ...rest, ...(cache && { cache }), saveEverySeconds: save }
    if (!folders.length) return onNodes
    const images = new Set(Object.values(job.splits).flatMap((items) => items.map(({ file }) => path.dirname(file))))
    const used = [job.out, ...(job.model === this.box.nano ? [] : [job.model]), onNodes.cache, ...images]
    const unseen = used.find((place) => !isWithin(place, folders))
    if (unseen !== undefined) throw userError(sentence('slurm.not-shared', { path: unseen, folders: folders.join(', ') }))
    return onNodes
  }

  /** Submits what is ready: one array for all with the same settings. */
  private async submitAll(): Promise<void> {
    const all = this.ready
    this.ready = []
    const groups = new Map<string, Ready[]>()
    for (const ready of all) {
      const key = JSON.stringify(ready.settings)
      groups.set(key, [...(groups.get(key) ?? []), ready])
    }
    for (const group of groups.values()) for (let at = 0; at < group.length; at += MOST) await this.submitOne(group.slice(at, at + MOST))
  }

  private async submitOne(group: readonly Ready[]): Promise<void> {
    const { env, program } = this.place
    const [{ settings, job: first }] = group as [Ready]
    try {
      const plans = new Plans()
      const folders = group.map(({ job, nano }) => plans.write(job, nano))
      const script = path.join(folders[0]!, 'job.sh')
      const name = `dashi-${first.sweep?.name ?? path.basename(first.out)}`
      replaceText(script, scriptOf(name, folders, settings, { node: process.execPath, program }))
      const id = await submit(env, script, settings.partition)
      group.forEach(({ job, plan }, i) => writeTicket(job.out, `${id}_${i}`, plan))
      group.forEach(({ follow }, i) => follow(`${id}_${i}`))
    } catch (e) {
      for (const { job, refuse } of group) {
        removeFiles(job.out)
        refuse(e)
      }
    }
  }

  private follow(id: string, job: TrainJob, hooks: ConstructorParameters<typeof Task>[2], ending: Ending): Task {
    const task = new Task(id, job, hooks, ending)
    this.tasks.add(task)
    this.timer ??= setTimeout(() => void this.look(), 0)
    return task
  }

  private drop(task: Task): void {
    this.tasks.delete(task)
    if (!task.isSettled) task.leave()
  }

  /** Asks Slurm to end it. It then saves its state; `look` sees when it has. */
  private async cancel(task: Task): Promise<void> {
    if (task.isSettled || task.isCancelled) return
    task.isCancelled = true
    await cancelTasks(this.place.env, [task.id])
  }

  /** Once a second at the files of each run, every few seconds at what Slurm says of all of them. */
  private async look(): Promise<void> {
    const { files, states } = this.place.pace ?? { files: 1000, states: 5000 }
    try {
      this.read()
      if (Date.now() - this.looked >= states && this.tasks.size) {
        await this.askSlurm()
        this.looked = Date.now()
      }
    } finally {
      this.timer = this.tasks.size ? setTimeout(() => void this.look(), files) : undefined
    }
  }

  private read(): void {
    for (const task of this.tasks) {
      if (task.isWaiting) continue
      try {
        task.look()
      } catch (e) {
        // What follows the run failed, a full disk for example, so nobody would have its result.
        void this.cancel(task).then(() => task.fail(e))
      }
      if (task.isSettled) this.tasks.delete(task)
    }
  }

  private async askSlurm(): Promise<void> {
    const { env } = this.place
    const asked = [...this.tasks]
    const said = await statesOf(
      env,
      asked.map((t) => t.id),
    )
    if (!said) return // the controller is away: the nodes go on without it
    this.read()
    for (const task of asked) {
      if (task.isSettled) continue
      const seen = said.get(task.id)
      task.isWaiting = seen?.state === 'PENDING'
      if (seen && !isOver(seen.state)) {
        task.missing = 0
        if (seen.state === 'RUNNING' || seen.state === 'COMPLETING') task.runs()
        else task.waits(seen)
      } else if (++task.missing >= (task.isCancelled ? 1 : PATIENCE)) {
        const end = await endOf(env, task.id)
        this.read()
        // Slurm forgets at once a task that is cancelled before it begins.
        const known = end ?? (task.hasBegun ? undefined : { state: 'CANCELLED', exitCode: 0, timeLimit: '' })
        if (!task.isSettled) task.fail(this.failure(task, known))
        this.tasks.delete(task)
      }
    }
  }

  private failure(task: Task, end: Parameters<typeof failureOfJob>[2]) {
    const { node, program } = this.place.settings()
    return failureOfJob(task.id, task.job, end, { node: node || process.execPath, program: program || this.place.program }, task.since)
  }
}
