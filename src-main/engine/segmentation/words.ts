/** Masks for words and for example pictures, with any model that can segment. An image is encoded once. */
import { boxContains } from '#shared/geometry/box.ts'
import type { Box } from '#shared/model/shape.ts'
import { sizeOf } from '../graph/graph.ts'
import { outputSize, preprocess } from '../data/preprocess.ts'
import type { Pixels } from '../data/pixels.ts'
import { checkLengths } from '../detection/prompt.ts'
import { need, textTower } from '../models/families.ts'
import { type Model, paramsFor } from '../models/model.ts'
import type { Segmenter } from '../models/segmenter.ts'
import { BatchSession } from '../runtime/infer.ts'
import { type Provider, type Tensor, tensor } from '../runtime/session.ts'
import { tokensOf, unitRows } from '../tasks/embed.ts'
import { columnsOf, concatenated, type Plane, planeOf, resized, type Size } from './planes.ts'
import { Sessions } from './sessions.ts'
import { type Views, viewsOf, windowsIn } from './views.ts'

export interface SegmentOptions {
  readonly provider?: Provider
  /** For models that look at windows: how many of them fit along the shorter side; 1.5 by default. */
  readonly detail?: number
  /** What is wanted of the model, with which the error begins if it cannot. */
  readonly wanted?: string
}

/** An image as queries see it: the state of each window, or of the image as a whole. */
export interface EncodedImage extends Size {
  readonly views: Views
  readonly states: readonly Readonly<Record<string, Tensor>>[]
}

/** Embeddings of queries, row-major, in the order in which they were asked. */
export interface Queries {
  readonly n: number
  readonly rows: Float32Array
}

/** As in NACLIP: windows of 224 pixels in images whose shorter side is 336. */
const DETAIL = 1.5

export class WordSegmenter {
  private readonly segmenter: Segmenter
  private readonly window: Size
  private readonly sessions: Sessions
  private reader?: Promise<BatchSession>

  /** @throws a user error if the model cannot segment */
  constructor(
    readonly model: Model,
    private readonly options: SegmentOptions = {},
  ) {
    need(model, ['segment'], options.wanted ?? 'segmentation')
    this.segmenter = model.segmenter!
    this.window = outputSize(model.preprocess)
    this.sessions = new Sessions(model, options.provider)
  }

  /** Whether the queries compete for each pixel, so that some of them should be the background. */
  get competing(): boolean {
    return this.segmenter.competing
  }

  /** Whether an example is a region of an image ({@link patches}), not a picture of its own ({@link examples}). */
  get comparesPatches(): boolean {
    return this.segmenter.patches !== undefined
  }

  async encode(pixels: Pixels): Promise<EncodedImage> {
    const { width, height } = pixels
    const views = this.segmenter.windows
      ? viewsOf(pixels, this.window, this.options.detail ?? DETAIL)
      : { canvas: this.window, windows: [{ x: 0, y: 0 }] }
    const states: Record<string, Tensor>[] = []
    for (const data of this.segmenter.windows ? windowsIn(pixels, this.model.preprocess, this.window, views) : [this.whole(pixels)]) {
      const feeds = { pixels: this.picture(data, 1) }
      states.push(await this.sessions.run('encode', feeds, (p, x) => this.segmenter.encode(p, x['pixels']!)))
    }
    return { width, height, views, states }
  }

  private whole(pixels: Pixels): Float32Array {
    const out = new Float32Array(3 * this.window.height * this.window.width)
    preprocess(pixels, this.model.preprocess, out)
    return out
  }

  private picture(data: Float32Array, n: number): Tensor {
    return tensor(data, 'float32', [n, 3, this.window.height, this.window.width])
  }

  /**
   * One query for each list of prompts: the mean of their embeddings.
   * @throws a user error if a prompt does not fit into the model's context
   */
  async words(prompts: readonly (readonly string[])[]): Promise<Queries> {
    const { model } = this
    const text = textTower(model, 'segmentation')
    const all = prompts.flat()
    checkLengths(model.tokenizer, all, text.context)
    this.reader ??= BatchSession.create(
      64,
      ['ids', 'at'],
      (g, b) => {
        const p = paramsFor(model, g, model.weights)
        return { y: text.embed(p, text.tokens(p, g.input('ids', 'int32', [b, text.context])), g.input('at', 'int32', [b])) }
      },
      { provider: this.options.provider },
    )
    const session = await this.reader
    const { y } = await session.run(all.length, tokensOf(model, text, all))
    const d = model.dim
    if (this.segmenter.unit) unitRows(y!, d)
    const rows = new Float32Array(prompts.length * d)
    let from = 0
    prompts.forEach((own, i) => {
      for (let k = 0; k < own.length; k++, from++) for (let j = 0; j < d; j++) rows[i * d + j]! += y![from * d + j]! / own.length
    })
    return { n: prompts.length, rows }
  }

  /** One query for each picture, which shows little besides what is looked for. */
  async examples(pictures: readonly Pixels[]): Promise<Queries> {
    const rows = new Float32Array(pictures.length * this.model.dim)
    for (const [i, picture] of pictures.entries()) {
      const feeds = { pixels: this.picture(this.whole(picture), 1) }
      const { y } = await this.sessions.run('example', feeds, (p, x) => ({ y: this.model.image.embed(p, x['pixels']!) }))
      rows.set(y!.data as Float32Array, i * this.model.dim)
    }
    if (this.segmenter.unit) unitRows(rows, this.model.dim)
    return { n: pictures.length, rows }
  }

  /** The mean of the patches of an image whose centres are inside a region, and of the others; undefined if there are none. */
  patches(image: EncodedImage, region: Box): [inside: Queries, outside: Queries | undefined] {
    const d = this.model.dim
    const [inside, outside] = [new Float32Array(d), new Float32Array(d)]
    let nearest: { distance: number; at: Float32Array } = { distance: Infinity, at: new Float32Array(d) }
    let [isInside, isOutside] = [false, false]
    const { canvas, windows } = image.views
    windows.forEach(({ x: left, y: top }, i) => {
      const patches = image.states[i]![this.segmenter.patches!]!
      const [h, w] = patches.dims as [number, number, number]
      const data = unitRows((patches.data as Float32Array).slice(), d)
      for (let k = 0; k < h * w; k++) {
        const x = ((left + (((k % w) + 0.5) * this.window.width) / w) * image.width) / canvas.width
        const y = ((top + ((Math.floor(k / w) + 0.5) * this.window.height) / h) * image.height) / canvas.height
        const own = data.subarray(k * d, (k + 1) * d)
        const distance = Math.hypot(x - region.x - region.w / 2, y - region.y - region.h / 2)
        if (distance < nearest.distance) nearest = { distance, at: own }
        const isIn = boxContains(region, x, y)
        if (isIn) isInside = true
        else isOutside = true
        const sum = isIn ? inside : outside
        for (let j = 0; j < d; j++) sum[j]! += own[j]!
      }
    })
    const query = (rows: Float32Array): Queries => ({ n: 1, rows: unitRows(Float32Array.from(rows), d) })
    // A region smaller than a patch is the patch that is nearest.
    return [query(isInside ? inside : nearest.at), isOutside ? query(outside) : undefined]
  }

  /** The logits of each query over the image; of overlapping windows, their mean, at the size of the canvas. */
  async logits(image: EncodedImage, { n, rows }: Queries): Promise<Plane[]> {
    if (n === 0) return []
    // One session serves several numbers of queries: those that are missing to a power of two repeat the last.
    const room = 2 ** Math.ceil(Math.log2(n))
    const d = this.model.dim
    const asked = new Float32Array(room * d)
    for (let i = 0; i < room; i++) asked.set(rows.subarray(Math.min(i, n - 1) * d, Math.min(i + 1, n) * d), i * d)
    const queries = tensor(asked, 'float32', [room, d])
    const answers: Plane[][] = []
    for (const state of image.states) {
      const { y } = await this.sessions.run('masks', { ...state, queries }, (p, { queries: q, ...x }) => ({
        y: this.segmenter.masks(p, x, q!),
      }))
      const [, height, width] = y!.dims as [number, number, number]
      const data = y!.data as Float32Array
      answers.push(
        Array.from({ length: n }, (_, i) => ({ height, width, data: data.subarray(i * height * width, (i + 1) * height * width) })),
      )
    }
    if (answers.length === 1) return answers[0]!
    return Array.from({ length: n }, (_, i) =>
      joined(
        answers.map((a) => a[i]!),
        image.views,
        this.window,
      ),
    )
  }

  async release(): Promise<void> {
    await this.sessions.release()
    await (await this.reader?.catch(() => undefined))?.release()
    this.reader = undefined
  }
}

/** Queries one after the other. */
export function joinQueries(all: readonly Queries[]): Queries {
  return { n: all.reduce((n, q) => n + q.n, 0), rows: concatenated(all.map((q) => q.rows)) }
}

/** The mean of windows of a canvas, where they overlap. */
function joined(planes: readonly Plane[], { canvas, windows }: Views, window: Size): Plane {
  const data = new Float32Array(sizeOf([canvas.height, canvas.width]))
  const times = new Uint8Array(data.length)
  planes.forEach((plane, i) => {
    const { x: left, y: top } = windows[i]!
    const full = planeOf(resized(columnsOf(plane), window)).data
    for (let y = 0; y < window.height; y++)
      for (let x = 0, at = (top + y) * canvas.width + left; x < window.width; x++, at++) {
        data[at]! += full[y * window.width + x]!
        times[at]!++
      }
  })
  return { ...canvas, data: data.map((v, i) => v / times[i]!) }
}
