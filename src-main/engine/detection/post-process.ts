/** From a detector's boxes and logits to detections, as the image processors of `transformers` do it. */
import { suppress } from '#shared/geometry/nms.ts'
import type { BoxTuple, Detection, DetectionSettings } from '#shared/model/preview.ts'
import type { Box } from '#shared/model/shape.ts'

/** What a detector answered: boxes [N, 4] relative to its input (centre and size), and logits [Q, N]. */
export interface Answer {
  readonly boxes: Float32Array
  readonly logits: Float32Array
}

/** Width and height in pixels of what the boxes are relative to: the image, or the square that it was padded to. */
export type Extent = readonly [width: number, height: number]

const sigmoid = (x: number) => 1 / (1 + Math.exp(-x))

/** Upper left corner and size of box i, relative to the model's input. */
function cornerBox(boxes: Float32Array, i: number): Box {
  const [w, h] = [boxes[4 * i + 2]!, boxes[4 * i + 3]!]
  return { x: boxes[4 * i]! - w / 2, y: boxes[4 * i + 1]! - h / 2, w, h }
}
const inPixels = ({ x, y, w, h }: Box, [width, height]: Extent): BoxTuple => [x * width, y * height, w * width, h * height]

/** Each box's score and the query that it has it for. */
function best({ boxes, logits }: Answer): { readonly scores: Float64Array; readonly queries: Int32Array } {
  const n = boxes.length / 4
  const scores = new Float64Array(n).fill(-Infinity)
  const queries = new Int32Array(n)
  logits.forEach((x, k) => {
    const i = k % n
    if (x > scores[i]!) {
      scores[i] = x
      queries[i] = Math.floor(k / n)
    }
  })
  return { scores: scores.map(sigmoid), queries }
}

const bestFirst = (found: Detection[], most = Infinity) => found.sort((a, b) => b.score - a.score).slice(0, most)

/**
 * Each box with the query that fits it best, if its score is above the threshold (`post_process_object_detection`).
 * Suppression is ours; there it is left to the user.
 */
export function detections(answer: Answer, labels: readonly string[], extent: Extent, o: DetectionSettings = {}): Detection[] {
  const { threshold = 0.1, overlap = 1, most } = o
  const { scores, queries } = best(answer)
  const above = Array.from(scores.keys()).filter((i) => scores[i]! > threshold)
  const kept =
    overlap < 1
      ? labels.flatMap((_, q) =>
          suppressed(
            answer,
            scores,
            overlap,
            above.filter((i) => queries[i] === q),
          ),
        )
      : above
  const found = kept.map((i) => ({
    label: labels[queries[i]!]!,
    score: scores[i]!,
    box: inPixels(cornerBox(answer.boxes, i), extent),
  }))
  return bestFirst(found, most)
}

function suppressed({ boxes }: Answer, scores: Float64Array, overlap: number, among: readonly number[]): number[] {
  const kept = suppress(
    among.map((i) => cornerBox(boxes, i)),
    among.map((i) => scores[i]!),
    overlap,
  )
  return kept.map((k) => among[k]!)
}

/**
 * What is like an example (`post_process_image_guided_detection`). Similarities vary from one example to another, so
 * scores are relative: 1 for the best, and 0, which is left out, for a tenth of it.
 */
export function similar(answer: Answer, label: string, extent: Extent, o: DetectionSettings = {}): Detection[] {
  const { threshold = 0, overlap = 0.3, most } = o
  const { scores } = best(answer)
  const all = Array.from(scores.keys())
  const kept = (overlap < 1 ? suppressed(answer, scores, overlap, all) : all).filter((i) => scores[i]! >= threshold)
  const top = Math.max(...kept.map((i) => scores[i]!)) + 1e-6
  const found = kept.map((i) => ({
    label,
    score: Math.min(1, (scores[i]! - 0.1 * top) / (0.9 * top)),
    box: inPixels(cornerBox(answer.boxes, i), extent),
  }))
  return bestFirst(
    found.filter(({ score }) => score > 0),
    most,
  )
}
