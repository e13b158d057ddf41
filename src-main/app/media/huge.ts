/**
 * What is made of huge images (a pyramid of tiles, a thumbnail) is made by a process of its own, one at a time, which is ended as soon
 * as nobody waits for it any more: no decoder can be stopped in the middle otherwise, and no other picture waits for it.
 */
import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { dataError } from '#shared/errors.ts'
import type { StartChild } from '../../files/child.ts'
import type { HugeTask } from './huge-task.ts'
import { LatestFirst } from './latest-first.ts'

/** Pixels from which an image is huge: decoding takes longer than anybody would wait for another picture. */
export const hugePixels = 50e6
/** How long after the last one stopped waiting, in ms: a person who moves the view drops tiles and asks for the next ones. */
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

  /** @param program the built huge-images.ts; found beside the program's other files unless given */
  constructor(
    private readonly start: StartChild,
    private readonly program: () => string = builtProgram,
    private readonly patience = grace,
  ) {}

  /**
   * A result that several ask for is made once, for as long as one of them waits. Rejects as soon as `signal` aborts.
   * @param clear removes what lies at `task.out`: before it is made, and when it could not be finished
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

  /** Ends what is under way; resolves when it has. */
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

/** `huge-images.js` of out/main, whether this code is in it or in its chunks. */
function builtProgram(): string {
  for (let folder = dirname(fileURLToPath(import.meta.url)); folder !== dirname(folder); folder = dirname(folder))
    for (const at of [folder, join(folder, 'out', 'main')]) if (existsSync(join(at, 'huge-images.js'))) return join(at, 'huge-images.js')
  throw new Error('huge-images.js is not built')
}
