/** A run on the cluster, as this program follows it: what its node has written, and what Slurm says of it. */
import { cancelled } from '#shared/errors.ts'
import { errorOf } from '#shared/model/failure.ts'
import { type JobProgress, type ResultOf, resultOf, type TrainJob } from '#shared/model/job.ts'
import { Events, removeFiles } from './files.ts'
import type { Seen } from './programs.ts'

/** What a task is settled by, once. */
export interface Ending {
  resolve(result: ResultOf<'train'>): void
  reject(problem: unknown): void
}

export class Task {
  /** When it was submitted or found again, ms since 1970. */
  readonly since = Date.now()
  /** How often Slurm said that it is over, or did not know it, while its files said nothing of the kind. */
  missing = 0
  /** Slurm said so last: its files have not changed. */
  isWaiting = false
  hasBegun = false
  isCancelled = false
  isSettled = false
  private readonly events: Events
  private last: JobProgress | undefined
  private told = ''

  constructor(
    readonly id: string,
    readonly job: TrainJob,
    private readonly hooks: { readonly onProgress: (p: JobProgress) => void; readonly begun: () => void },
    private readonly ending: Ending,
  ) {
    this.events = new Events(job.out)
  }

  /** Reads what the node has written, and settles with it. */
  look(): void {
    for (const event of this.events.next()) {
      if (this.isSettled) return
      if (event.type === 'begun') {
        this.hasBegun = true
        this.hooks.begun()
      }
      if (event.type === 'progress') this.tell(event.progress)
      else if (event.type === 'done') {
        const result = resultOf('train', event.result)
        this.settle(() => this.ending.resolve(result))
      } else if (event.type === 'failed' || this.isCancelled) this.fail(event.type === 'failed' ? errorOf(event) : cancelled())
    }
  }

  /** Says that it waits for the cluster, and why, whenever that changes. */
  waits({ state, reason }: Seen): void {
    const part = reason === 'None' || reason === '' ? state : reason
    if (part === this.told) return
    this.told = part
    this.hooks.onProgress({ phase: 'at-the-cluster', part, done: 0, total: 1 })
  }

  runs(): void {
    if (this.told && this.last) this.tell(this.last)
    this.told = ''
  }

  fail(problem: unknown): void {
    this.settle(() => this.ending.reject(this.isCancelled ? cancelled() : problem))
  }

  /** Stops following it; its files stay. */
  leave(): void {
    this.isSettled = true
    this.ending.reject(cancelled())
  }

  private tell(progress: JobProgress): void {
    const { loss: _, judged: __, ...again } = progress
    this.last = again
    this.hooks.onProgress(progress)
  }

  private settle(say: () => void): void {
    this.isSettled = true
    try {
      removeFiles(this.job.out)
    } finally {
      say()
    }
  }
}
