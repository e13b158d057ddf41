import { clipBox } from '#shared/geometry/box.ts'
import type { Box } from '#shared/model/shape.ts'
import { overWhite, type Pixels } from '../data/pixels.ts'
import { cropAndNormalise, methodOf, outputSize, type PreprocessConfig } from '../data/preprocess.ts'
import { resize } from '../data/resample.ts'
import { Detecting } from '../detection/detecting.ts'
import { Graph } from '../graph/graph.ts'
import { need } from '../models/families.ts'
import { type Model, paramsFor } from '../models/model.ts'
import { Session, tensor } from '../runtime/session.ts'
import { cut } from '../segmentation/views.ts'
import { squareAround } from './crops.ts'

/** A window's side in that of the box it is about, in training too. */
export const AROUND = 2
/** Windows that are looked at together. */
const BATCH = 8
/** What it is asked for: one of the words that it was trained with. */
const ASKED = 'object'

export interface Refined {
  readonly box: Box
  /** How sure it is that the box is the whole of one thing, from 0 to 1. */
  readonly score: number
}

/**
 * A detector that looks at boxes again, at a window about each, and says where the thing in its middle ends (Cai & Vasconcelos
 * 2018, "Cascade R-CNN: delving into high quality object detection", §4: each stage starts from the boxes of the one before).
 */
export class Refining {
  private open?: Promise<{ readonly session: Session; readonly query: Float32Array }>

  private constructor(private readonly model: Model) {}

  /** @throws a user error, starting with `wanted`, if the model detects nothing */
  static with(model: Model, wanted: string): Refining {
    need(model, ['detect'], wanted)
    return new Refining(model)
  }

  /** The thing in the middle of each box of an image, in the boxes' order. */
  async refine(pixels: Pixels, boxes: readonly Box[]): Promise<Refined[]> {
    const { session, query } = await (this.open ??= this.start())
    const { height, width } = outputSize(this.model.preprocess)
    const image = overWhite(pixels)
    const volume = 3 * height * width
    const found: Refined[] = []
    for (let first = 0; first < boxes.length; first += BATCH) {
      const windows = boxes.slice(first, first + BATCH).map((box) => squareAround(box, AROUND))
      const input = new Float32Array(BATCH * volume)
      windows.forEach((window, i) => show(image, window, this.model.preprocess, input.subarray(i * volume, (i + 1) * volume)))
      const { boxes: at, logits } = await session.run({
        pixels: tensor(input, 'float32', [BATCH, 3, height, width]),
        query: tensor(query, 'float32', [1, query.length]),
      })
      windows.forEach((window, i) => found.push(bestOf(window, i, at!.data as Float32Array, logits!.data as Float32Array)))
    }
    return found
  }

  private async start() {
    const { model } = this
    const detector = model.detector!
    const detecting = Detecting.with(model, 'refine')
    const query = await detecting.queries([{ name: ASKED }], model.templates)
    await detecting.release()
    const { height, width } = outputSize(model.preprocess)
    const graph = new Graph()
    const p = paramsFor(model, graph, model.weights)
    const state = detector.encode(p, graph.input('pixels', 'float32', [BATCH, 3, height, width]))
    const answer = detector.answer(p, state, graph.input('query', 'float32', [1, detector.width]))
    graph.output('boxes', answer.boxes)
    graph.output('logits', answer.logits)
    return { session: await Session.create(graph, { batch: BATCH }), query }
  }

  async release(): Promise<void> {
    const open = await this.open?.catch(() => undefined)
    this.open = undefined
    await open?.session.release()
  }
}

/** Writes a window of an RGB image into an input [3, side, side]; what is outside the image is 0, the mean colour. */
export function show(image: Pixels, window: Box, config: PreprocessConfig, out: Float32Array): void {
  const side = Math.round(Math.sqrt(out.length / 3))
  const inside = clipBox(window, image.width, image.height)
  if (!inside) return
  const k = side / window.w
  const part = (from: number, length: number, start: number, most: number) => {
    const [first, end] = [Math.floor(from), Math.min(most, Math.ceil(from + length))]
    const at = Math.min(side - 1, Math.max(0, Math.round((first - start) * k)))
    return { first, of: Math.max(1, end - first), at, size: Math.max(1, Math.min(side - at, Math.round((end - first) * k))) }
  }
  const [columns, rows] = [part(inside.x, inside.w, window.x, image.width), part(inside.y, inside.h, window.y, image.height)]
  const small = resize(
    cut(image, columns.first, rows.first, { width: columns.of, height: rows.of }),
    columns.size,
    rows.size,
    methodOf(config),
  )
  const shown = new Float32Array(3 * columns.size * rows.size)
  cropAndNormalise(small, { ...config, do_center_crop: false }, shown, 0)
  for (let c = 0; c < 3; c++)
    for (let y = 0; y < rows.size; y++) {
      const from = (c * rows.size + y) * columns.size
      out.set(shown.subarray(from, from + columns.size), (c * side + rows.at + y) * side + columns.at)
    }
}

/** The box of the patch that is surest, of window `i` of a batch, in the image's pixels. */
function bestOf(window: Box, i: number, boxes: Float32Array, logits: Float32Array): Refined {
  const n = logits.length / BATCH
  let best = i * n
  for (let k = best; k < (i + 1) * n; k++) if (logits[k]! > logits[best]!) best = k
  const [cx, cy, w, h] = boxes.subarray(4 * best, 4 * best + 4) as unknown as [number, number, number, number]
  const side = window.w
  const box = { x: window.x + (cx - w / 2) * side, y: window.y + (cy - h / 2) * side, w: w * side, h: h * side }
  return { box, score: 1 / (1 + Math.exp(-logits[best]!)) }
}
