import { clipBox } from '#shared/geometry/box.ts'
import { rleFromBitmap } from '#shared/geometry/rle.ts'
import type { Box, Rle } from '#shared/model/shape.ts'
import type { Pixels } from '../data/pixels.ts'
import { outputSize } from '../data/preprocess.ts'
import { Graph } from '../graph/graph.ts'
import { need } from '../models/families.ts'
import { type Model, paramsFor } from '../models/model.ts'
import { Session, tensor } from '../runtime/session.ts'
import type { Size } from '../segmentation/planes.ts'
import { WordSegmenter } from '../segmentation/words.ts'
import { BATCH, windowsAbout } from './windows.ts'

/** A window's side in that of the box it is about, in training too. */
export const OUTLINED = 1.5
/** What it is asked for: one of the words that it was trained with. */
const ASKED = 'object'

/**
 * A segmenter that looks at a window about each box, and says which pixels belong to the thing in its middle (as the mask branch of
 * He et al. 2017, "Mask R-CNN", §3, with a model of its own).
 */
export class Outlining {
  private open?: Promise<{ readonly session: Session; readonly query: Float32Array }>

  private constructor(private readonly model: Model) {}

  /** @throws a user error, starting with `wanted`, if the model segments nothing */
  static with(model: Model, wanted: string): Outlining {
    need(model, ['segment'], wanted)
    return new Outlining(model)
  }

  /** The mask of the thing in the middle of each box of an image, in the boxes' order; undefined where nothing is. */
  async outline(pixels: Pixels, boxes: readonly Box[]): Promise<(Rle | undefined)[]> {
    const { session, query } = await (this.open ??= this.start())
    const { height: side } = outputSize(this.model.preprocess)
    const found: (Rle | undefined)[] = []
    for (const { windows, input } of windowsAbout(pixels, boxes, OUTLINED, this.model.preprocess)) {
      const { y } = await session.run({ pixels: input, query: tensor(query, 'float32', [BATCH, query.length / BATCH]) })
      const logits = y!.data as Float32Array
      windows.forEach((window, i) => found.push(maskOf(logits.subarray(i * side * side, (i + 1) * side * side), window, side, pixels)))
    }
    return found
  }

  private async start() {
    const { model } = this
    const segmenter = model.segmenter!
    const reader = new WordSegmenter(model, { wanted: 'outline' })
    const { rows } = await reader.words([[ASKED]])
    await reader.release()
    const query = new Float32Array(BATCH * rows.length)
    for (let i = 0; i < BATCH; i++) query.set(rows, i * rows.length)
    const { height, width } = outputSize(model.preprocess)
    const graph = new Graph()
    const p = paramsFor(model, graph, model.weights)
    const state = segmenter.encode(p, graph.input('pixels', 'float32', [BATCH, 3, height, width]))
    graph.output('y', segmenter.masks(p, state, graph.input('query', 'float32', [BATCH, rows.length])))
    return { session: await Session.create(graph, { batch: BATCH }), query }
  }

  async release(): Promise<void> {
    const open = await this.open?.catch(() => undefined)
    this.open = undefined
    await open?.session.release()
  }
}

/** Where the logits [side, side] of a window are above 0, between its pixels' middles, in an image of that size. */
function maskOf(logits: Float32Array, window: Box, side: number, { width, height }: Size): Rle | undefined {
  const inside = clipBox(window, width, height)
  if (!inside) return undefined
  const out = new Uint8Array(width * height)
  const [right, bottom] = [Math.min(width, Math.ceil(inside.x + inside.w)), Math.min(height, Math.ceil(inside.y + inside.h))]
  const k = side / window.w
  /** The pixel of the window before a place, and how far it is to the next. */
  const before = (at: number, from: number) => {
    const place = Math.min(side - 1, Math.max(0, (at + 0.5 - from) * k - 0.5))
    const first = Math.min(side - 2, Math.floor(place))
    return [first, place - first] as const
  }
  let any = false
  for (let y = Math.floor(inside.y); y < bottom; y++) {
    const [v, dy] = before(y, window.y)
    for (let x = Math.floor(inside.x); x < right; x++) {
      const [u, dx] = before(x, window.x)
      const at = v * side + u
      const upper = logits[at]! * (1 - dx) + logits[at + 1]! * dx
      const lower = logits[at + side]! * (1 - dx) + logits[at + side + 1]! * dx
      if (upper * (1 - dy) + lower * dy > 0) any = Boolean((out[y * width + x] = 1))
    }
  }
  return any ? rleFromBitmap(out, height, width) : undefined
}
