/** Encodes images that will probably be asked about next. */
import type { PreviewTask } from '#shared/model/preview.ts'
import type { AppContext } from '../context.ts'
import { encode } from './encode.ts'

export interface Wanted {
  readonly files: readonly string[]
  readonly model: string
  readonly task: PreviewTask
}

/**
 * One image at a time in all, and none while somebody waits for an answer: a question waits for one image at most, since
 * an encoding in progress is not interrupted.
 */
export class Ahead {
  /** What each window wants of each task, the newest last. */
  private readonly wanted = new Map<string, Wanted & { readonly window: string }>()
  private working: Promise<void> | null = null

  constructor(private readonly app: AppContext) {}

  /** Replaces what the window wanted of the task before. */
  want(window: string, wanted: Wanted): void {
    const key = `${window} ${wanted.task}`
    this.wanted.delete(key)
    if (wanted.files.length) this.wanted.set(key, { ...wanted, window })
    this.working ??= this.work().finally(() => (this.working = null))
  }

  /** The window has gone. */
  leave(window: string): void {
    for (const [key, wanted] of this.wanted) if (wanted.window === window) this.wanted.delete(key)
  }

  /** Resolves when nothing is wanted any more. */
  async idle(): Promise<void> {
    while (this.working) await this.working
  }

  private async work(): Promise<void> {
    for (let next = this.next(); next; next = this.next()) await encode(this.app, next, { ahead: true }).catch(() => undefined)
  }

  /** The next image, which is wanted no more then. */
  private next(): { readonly file: string; readonly model: string; readonly task: PreviewTask } | undefined {
    const newest = [...this.wanted].at(-1)
    if (!newest) return undefined
    const [key, { files, ...how }] = newest
    if (files.length > 1) this.wanted.set(key, { files: files.slice(1), ...how })
    else this.wanted.delete(key)
    return { file: files[0]!, ...how }
  }
}
