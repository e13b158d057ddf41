import { dataError } from '#shared/errors.ts'
import type { ForeignManifest } from '#shared/model/foreign.ts'
import type { Box } from '#shared/model/shape.ts'
import { sentence } from '#shared/sentences/table.ts'
import type { Placed } from './picture.ts'

/** An output of the model, as numbers. */
export interface Output {
  readonly dims: readonly number[]
  readonly data: ArrayLike<number | bigint>
}
export type Outputs = Readonly<Record<string, Output>>

export interface Scored {
  /** Index of the class. */
  readonly label: number
  readonly score: number
  /** In pixels of the image. */
  readonly box: Box
}

/** Boxes that are looked at, at most. */
const MOST = 200_000

type Detect = NonNullable<ForeignManifest['detect']>

/** Numbers of box i. */
interface Columns {
  readonly n: number
  at(i: number, k: number): number
}

/** @throws a data fault on `file` if the output's shape does not fit what the manifest says */
function columnsOf(file: string, outputs: Outputs, { output, from }: Detect['boxes'], width: number, { transposed }: Detect): Columns {
  const { dims, data } = outputs[output]!
  const shape = dims.length > 0 && dims[0] === 1 ? dims.slice(1) : dims
  const [a, b = 1] = shape as [number, number?]
  const [n, numbers] = transposed ? [b, a] : [a, b]
  if (shape.length < 1 || shape.length > 2 || from + width > numbers || n > MOST) {
    const expected = transposed ? `[1, ≥ ${from + width}, boxes]` : `[1, boxes, ≥ ${from + width}]`
    throw dataError(file, sentence('foreign.shape', { output, expected, found: `[${dims.join(', ')}]` }))
  }
  return { n, at: (i, k) => Number(transposed ? data[(from + k) * n + i] : data[i * numbers + from + k]) }
}

const sigmoid = (x: number) => 1 / (1 + Math.exp(-x))

/** Every box with its best class among `wanted`. NaN stays NaN. */
export function boxesIn(
  file: string,
  m: ForeignManifest,
  outputs: Outputs,
  at: Placed,
  image: { width: number; height: number },
  wanted: ReadonlySet<number>,
): Scored[] {
  const d = m.detect!
  const classes = m.classes.length
  const boxes = columnsOf(file, outputs, d.boxes, 4, d)
  const scores = columnsOf(file, outputs, d.scores, d.labels ? 1 : classes, d)
  const labels = d.labels && columnsOf(file, outputs, d.labels, 1, d)
  const objectness = d.objectness && columnsOf(file, outputs, d.objectness, 1, d)
  for (const [part, own] of Object.entries({ scores, labels, objectness }))
    if (own && own.n !== boxes.n) throw dataError(file, sentence('foreign.numbers', { part, expected: boxes.n, found: own.n }))
  const found: Scored[] = []
  for (let i = 0; i < boxes.n; i++) {
    const own = scoreOf(d, scores, labels, i, classes, wanted)
    if (!own) continue
    const score = own.score * (objectness ? shareOf(d, objectness.at(i, 0)) : 1)
    found.push({ label: own.label, score, box: boxOf(m, boxes, i, at, image) })
  }
  return found
}

const shareOf = ({ score }: Detect, x: number) => (score === 'probability' ? x : sigmoid(x))

function scoreOf(d: Detect, scores: Columns, labels: Columns | undefined, i: number, classes: number, wanted: ReadonlySet<number>) {
  if (labels) {
    const label = Math.round(labels.at(i, 0))
    return wanted.has(label) ? { label, score: shareOf(d, scores.at(i, 0)) } : undefined
  }
  let [best, total, most] = [-1, 0, -Infinity]
  for (let c = 0; c < classes; c++) if (scores.at(i, c) > most) most = scores.at(i, c)
  for (let c = 0; c < classes; c++) {
    if (d.score === 'softmax') total += Math.exp(scores.at(i, c) - most)
    if (wanted.has(c) && (best < 0 || !(scores.at(i, c) <= scores.at(i, best)))) best = c
  }
  if (best < 0) return undefined
  const x = scores.at(i, best)
  return { label: best, score: d.score === 'softmax' ? Math.exp(x - most) / total : shareOf(d, x) }
}

function boxOf(m: ForeignManifest, boxes: Columns, i: number, at: Placed, image: { width: number; height: number }): Box {
  const { format, relative } = m.detect!
  const [a, b, c, e] = [0, 1, 2, 3].map((k) => boxes.at(i, k) * (relative ? (k % 2 ? m.input.height : m.input.width) : 1)) as [
    number,
    number,
    number,
    number,
  ]
  const [w, h] = format === 'xyxy' ? [c - a, e - b] : [c, e]
  const [x, y] = format === 'cxcywh' ? [a - w / 2, b - h / 2] : [a, b]
  const [sx, sy] = [image.width / at.width, image.height / at.height]
  return { x: (x - at.x) * sx, y: (y - at.y) * sy, w: w * sx, h: h * sy }
}
