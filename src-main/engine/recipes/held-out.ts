/** How well a classifier in training does on held-out images, at the end of each epoch. */
import type { HeldOut } from '#shared/model/progress.ts'
import { outputSize, preprocess } from '../data/preprocess.ts'
import { Graph, type Value } from '../graph/graph.ts'
import { Session, tensor, type Tensor } from '../runtime/session.ts'
import type { Run } from './run.ts'

/** The split that training may look at; the others are for choosing soups, and for the final measurement. */
const SPLIT = 'val'
/** Of a larger split this many images are asked, evenly spaced, so that an epoch does not take much longer. */
const MOST = 1024
/** Images whose answers are reported. */
const SHOWN = 24
const ROWS = 32

interface Judged {
  readonly classes: number
  readonly perEpoch: number
  /** Appends the logits [rows, classes] of the input `pixels`. The trained weights are its inputs `w:NAME`. */
  build(graph: Graph, rows: number): Value
}

/** Numbers from 0 to n − 1, evenly spaced; all of them if there are at most `most`. */
export const evenly = (n: number, most: number): number[] =>
  Array.from({ length: Math.min(n, most) }, (_, i) => (n <= most ? i : Math.floor((i * n) / most)))

/** Nothing is judged without images to judge on. */
export function heldOutJudge(run: Run, { classes, perEpoch, build }: Judged) {
  const images = run.split(SPLIT)
  const { model } = run
  const asked = evenly(images.n, MOST)
  const shown = new Set(evenly(asked.length, SHOWN))
  const rows = Math.min(ROWS, asked.length)
  const { height, width } = outputSize(model.preprocess)
  const size = 3 * height * width
  let session: Session | undefined

  async function judge(step: number, weights: () => Record<string, Tensor>): Promise<HeldOut | undefined> {
    if (!session) {
      const graph = new Graph()
      graph.output('logits', build(graph, rows))
      session = await Session.create(graph, { provider: run.o.provider })
    }
    let right = 0
    let loss = 0
    const answers: HeldOut['answers'] = []
    for (let from = 0; from < asked.length; from += rows) {
      if (run.o.isCancelled()) return undefined // the loop saves its state, then ends
      const some = asked.slice(from, from + rows)
      const x = new Float32Array(rows * size)
      const pixels = await Promise.all(some.map((at) => images.pixels(at, model.preprocess.deep)))
      pixels.forEach((picture, slot) => preprocess(picture, model.preprocess, x, slot * size))
      const out = await session.run({ ...weights(), pixels: tensor(x, 'float32', [rows, 3, height, width]) })
      const logits = out['logits']!.data as Float32Array
      some.forEach((at, slot) => {
        const truth = images.labels[at]!
        const { best, p, surprise } = answer(logits.subarray(slot * classes, (slot + 1) * classes), truth)
        if (best === truth) right++
        loss += surprise
        if (shown.has(from + slot)) answers.push({ at, truth, class: best, p })
      })
    }
    const n = asked.length
    return { epoch: step / perEpoch, step, split: SPLIT, n, accuracy: right / n, loss: loss / n, answers }
  }

  return {
    /** Judges if the step, counted from 1, ends an epoch; nothing if it does not, or if the run was cancelled meanwhile. */
    after: async (step: number, weights: () => Record<string, Tensor>): Promise<HeldOut | undefined> =>
      asked.length && step % perEpoch === 0 ? judge(step, weights) : undefined,
    release: async (): Promise<void> => session?.release(),
  }
}

/** The most probable class, its probability, and the cross-entropy of the true one. */
export function answer(logits: Float32Array, truth: number): { best: number; p: number; surprise: number } {
  let best = 0
  for (let c = 1; c < logits.length; c++) if (logits[c]! > logits[best]!) best = c
  let sum = 0
  for (const l of logits) sum += Math.exp(l - logits[best]!)
  return { best, p: 1 / sum, surprise: Math.log(sum) + logits[best]! - logits[truth]! }
}
