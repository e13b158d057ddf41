import type { Box } from '#shared/model/shape.ts'
import type { Pixels } from '../data/pixels.ts'
import { outputSize } from '../data/preprocess.ts'
import { Detecting } from '../detection/detecting.ts'
import { Graph } from '../graph/graph.ts'
import { need } from '../models/families.ts'
import { type Model, paramsFor } from '../models/model.ts'
import { Session, tensor } from '../runtime/session.ts'
import { BATCH, windowsAbout } from './windows.ts'

/** A window's side in that of the box it is about, in training too. */
export const AROUND = 2
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
    const found: Refined[] = []
    for (const { windows, input } of windowsAbout(pixels, boxes, AROUND, this.model.preprocess)) {
      const { boxes: at, logits } = await session.run({ pixels: input, query: tensor(query, 'float32', [1, query.length]) })
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
