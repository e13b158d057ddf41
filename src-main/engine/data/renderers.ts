import { Worker } from 'node:worker_threads'
import { cancelled } from '#shared/errors.ts'
import type { DeepSamples } from '#shared/model/deep.ts'
import { builtProgram } from './built.ts'
import type { Pixels } from './pixels.ts'
import type { Size } from './raster.ts'
import { decodeReduced } from './reduce.ts'
import { type Seen, type ViewsOf, viewsOf } from './view-tasks.ts'

export type HelperTask = { readonly id: number } & (
  { readonly images: readonly Seen[]; readonly of: ViewsOf } | { readonly file: string; readonly least: Size; readonly deep?: DeepSamples }
)

/** Nothing but its number where the task could not be done. */
export interface HelperAnswer {
  readonly id: number
  readonly views?: Float32Array<ArrayBuffer>
  readonly pixels?: Pixels
}

type Made = Omit<HelperAnswer, 'id'>
type Task = HelperTask extends infer T ? (T extends HelperTask ? Omit<T, 'id'> : never) : never

/** More would wait for the memory rather than compute. */
const MOST = 8
/** Images for which waking a thread is worth it. */
const WORTH = 2
/** Threads that may die before no more are started. */
const DEATHS = 3

/**
 * How many threads read images and vary them, of those that the engine may use: one is left to the thread of the job itself,
 * which does both where there is no other.
 */
export const renderersWithin = (threads: number): number => Math.max(0, Math.min(MOST, threads - 1))

/**
 * Threads that read images and render random views of them, while the thread of the job is blocked by a step. Which of them
 * does it changes none of the bits. What a thread leaves behind when it dies, the thread that asked does itself.
 */
export class Renderers {
  private readonly helpers: (Helper | undefined)[]
  private next = 0
  private deaths = 0
  private closed = false

  /**
   * @param threads see {@link renderersWithin}; started when they are first needed
   * @param program the built picture-helper.ts; without one, the calling thread does everything
   */
  constructor(
    threads: number,
    private readonly program: URL | null = builtProgram('picture-helper'),
  ) {
    this.helpers = Array.from({ length: program ? threads : 0 })
  }

  /** Threads that are alive. */
  get alive(): number {
    return this.helpers.filter(Boolean).length
  }

  /** {@link viewsOf} into `out`. @param images of pixels in shared memory, which are not copied. @throws if closed meanwhile */
  async render(images: readonly Seen[], of: ViewsOf, out: Float32Array): Promise<void> {
    const parts = Math.max(1, Math.min(this.helpers.length, Math.floor(images.length / WORTH)))
    const each = out.length / images.length
    const cut = (part: number) => Math.round((part * images.length) / parts)
    await Promise.all(
      Array.from({ length: parts }, async (_, part) => {
        const from = cut(part)
        out.set(await this.part(images.slice(from, cut(part + 1)), of), from * each)
      }),
    )
  }

  /** {@link decodeReduced}. @throws the same, or if closed meanwhile */
  async decode(file: string, least: Size, deep?: DeepSamples): Promise<Pixels> {
    return (await this.ask({ file, least, deep }))?.pixels ?? decodeReduced(file, least, deep)
  }

  private async part(images: readonly Seen[], of: ViewsOf): Promise<Float32Array> {
    return (await this.ask({ images, of }))?.views ?? viewsOf(images, of)
  }

  /** What a thread made of it; undefined if there is none, it died or it could not. @throws if closed meanwhile */
  private async ask(task: Task): Promise<Made | undefined> {
    if (this.closed) throw cancelled()
    if (!this.helpers.length || this.deaths >= DEATHS) return undefined
    const at = this.next++ % this.helpers.length
    const made = await (this.helpers[at] ??= this.start(at)).ask(task)
    if (this.closed) throw cancelled()
    return made
  }

  private start(at: number): Helper {
    const helper = new Helper(this.program!, () => {
      this.deaths++
      if (this.helpers[at] === helper) this.helpers[at] = undefined
    })
    return helper
  }

  /** Ends the threads. What they have not done yet is cancelled. */
  async close(): Promise<void> {
    this.closed = true
    await Promise.all(this.helpers.map((helper) => helper?.end()))
  }
}

class Helper {
  private readonly worker: Worker
  /** By number; told nothing where the thread dies. */
  private readonly waiting = new Map<number, (made?: Made) => void>()
  private asked = 0

  constructor(program: URL, onDeath: () => void) {
    const died = () => {
      onDeath()
      for (const tell of this.waiting.values()) tell()
      this.waiting.clear()
    }
    this.worker = new Worker(program)
      .on('message', ({ id, ...made }: HelperAnswer) => {
        this.waiting.get(id)?.(made)
        this.waiting.delete(id)
      })
      .on('error', () => undefined) // 'exit' follows
      .on('exit', died)
  }

  ask(task: Task): Promise<Made | undefined> {
    return new Promise((resolve) => {
      const id = this.asked++
      this.waiting.set(id, resolve)
      this.worker.postMessage({ id, ...task })
    })
  }

  end(): Promise<number> {
    return this.worker.terminate()
  }
}
