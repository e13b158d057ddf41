import { boxIou } from '#shared/geometry/box.ts'
import { suppress } from '#shared/geometry/nms.ts'
import type { Box } from '#shared/model/shape.ts'

export interface Scored {
  readonly box: Box
  readonly score: number
}

/** A box has a say in where a better one ends if they overlap (IoU) by so much. */
const AGREES = 0.5

/**
 * The boxes that non-maximum suppression leaves, each moved to the mean of those that agree with it, weighted by their scores:
 * neighbouring patches see the same thing and err in different directions (Gidaris & Komodakis 2015, "Object detection via a
 * multi-region and semantic segmentation-aware CNN model", §3.3).
 * @param overlap beyond which (IoU) the better of two boxes is kept
 */
export function voted(all: readonly Scored[], overlap: number): Scored[] {
  const boxes = all.map(({ box }) => box)
  const scores = all.map(({ score }) => score)
  return suppress(boxes, scores, overlap).map((k) => {
    const voters = all.filter(({ box }) => boxIou(box, boxes[k]!) >= AGREES)
    const total = voters.reduce((sum, { score }) => sum + score, 0)
    const mean = (of: (box: Box) => number) => voters.reduce((sum, { box, score }) => sum + score * of(box), 0) / total
    const box = { x: mean(({ x }) => x), y: mean(({ y }) => y), w: mean(({ w }) => w), h: mean(({ h }) => h) }
    return { box, score: scores[k]! }
  })
}
