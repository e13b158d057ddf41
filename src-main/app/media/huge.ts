/**
 * Tile pyramids and thumbnails of huge images are made in a separate process, one at a time, which is killed as soon
 * as nobody waits for the result: decoders cannot be interrupted otherwise, and other pictures must not wait.
 */
import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { dataError } from '#shared/errors.ts'
import type { StartChild } from '../../files/child.ts'
import type { HugeTask } from './huge-task.ts'
import { LatestFirst } from './latest-first.ts'

/** Pixel count from which an image is huge: decoding it would hold up other pictures too long. */
export const hugePixels = 50e6
/** Delay in ms before killing unwanted work: moving the view drops tiles and requests the next ones. */
const grace = 2000

interface Making {
  readonly result: Promise<void>
  readonly abort: AbortController
  waiting: number
  leaving: NodeJS.Timeout | undefined
}

export class HugeImages {
  private readonly lane = new LatestFirst(1)
  private readonly making = new Map<string, Making>()

  /** @param program path of the built huge-images.ts; by default found next to the program's other files */
  constructor(
    private readonly start: StartChild,
    private readonly program: () => string = builtProgram,
    private readonly patience = grace,
  ) {}

  /**
   * Makes a result once, however many callers want it, for as long as one of them waits. Rejects as soon as `signal`
   * aborts.
   * @param clear removes what is at `task.out`, before starting and after a failure
   */
  async make(task: HugeTask, signal: AbortSignal, clear: () => Promise<void>): Promise<void> {
    signal.throwIfAborted()
    let making = this.making.get(task.out)
    if (!making) {
      const abort = new AbortController()
      const result = this.lane.do(abort.signal, () => this.run(task, abort.signal, clear))
      making = { result, abort, waiting: 0, leaving: undefined }
      this.making.set(task.out, making)
      result.finally(() => this.making.delete(task.out)).catch(() => undefined)
    }
    const { result } = making
    clearTimeout(making.leaving)
    making.waiting++
    let gone = () => {}
    try {
      await Promise.race([
        result,
        new Promise((_, reject) => signal.addEventListener('abort', (gone = () => reject(signal.reason as Error)))),
      ])
    } finally {
      signal.removeEventListener('abort', gone)
      if (--making.waiting === 0) {
        const { abort } = making
        making.leaving = setTimeout(() => abort.abort(new Error('nobody waits for it any more')), this.patience)
        making.leaving.unref()
        result.finally(() => clearTimeout(making.leaving)).catch(() => undefined)
      }
    }
  }

  /** Stops running work; resolves when it has ended. */
  async close(): Promise<void> {
    const all = [...this.making.values()]
    for (const { abort } of all) abort.abort(new Error('the program ends'))
    await Promise.allSettled(all.map((m) => m.result))
  }

  private async run(task: HugeTask, signal: AbortSignal, clear: () => Promise<void>): Promise<void> {
    signal.throwIfAborted()
    await clear()
    const child = this.start(this.program(), [JSON.stringify(task)])
    const stop = () => child.kill()
    signal.addEventListener('abort', stop)
    const { code, said } = await child.ended
    signal.removeEventListener('abort', stop)
    if (code !== 0 || signal.aborted) await clear()
    signal.throwIfAborted()
    if (code !== 0) throw dataError(task.name, said.trim().split('\n').at(-1) || `cannot be decoded (the decoder ended with ${code})`)
  }
}

/** Path of `huge-images.js` in out/main, whether this code is there or in a chunk. */
function builtProgram(): string {
  for (let folder = dirname(fileURLToPath(import.meta.url)); folder !== dirname(folder); folder = dirname(folder))
    for (const at of [folder, join(folder, 'out', 'main')]) if (existsSync(join(at, 'huge-images.js'))) return join(at, 'huge-images.js')
  throw new Error('huge-images.js is not built')
}
