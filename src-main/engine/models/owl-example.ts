import type { Box } from '#shared/model/shape.ts'
import { boxArea, boxIntersection, boxIou, boxUnion } from '#shared/geometry/box.ts'
import type { Arrays } from './detector.ts'

/*
 * Which of a picture's boxes stands for the example that is sought (Minderer et al. 2022, §3.4 and appendix A1.7;
 * transformers' `embed_image_query`).
 */

/** A share of the best overlap, within which boxes are candidates. */
const CLOSE = 0.8
const WHOLE: Box = { x: 0, y: 0, w: 1, h: 1 }

/**
 * The class embedding of one of the image's boxes. With objectness and no region, that of the box that is most of an
 * object. Otherwise, of the boxes that overlap the region about as well as the best, the one least like the image's
 * average, because that is mostly background.
 */
export function exampleQuery(
  { boxes, classes, objectness }: Arrays,
  width: number,
  region?: Box,
): { readonly query: Float32Array; readonly box: number } {
  const at = objectness && !region ? largest(objectness) : leastCommon(boxes!, classes!, width, region ?? WHOLE)
  return { query: classes!.slice(at * width, (at + 1) * width), box: at }
}

const largest = (x: ArrayLike<number>): number => Array.from(x).reduce((best, y, i) => (y > x[best]! ? i : best), 0)

function leastCommon(boxes: Float32Array, classes: Float32Array, width: number, region: Box): number {
  const n = boxes.length / 4
  const found = Array.from({ length: n }, (_, i): Box => {
    const [cx, cy, w, h] = boxes.subarray(4 * i, 4 * i + 4) as unknown as [number, number, number, number]
    return { x: cx - w / 2, y: cy - h / 2, w, h }
  })
  let overlaps = found.map((b) => boxIou(region, b))
  // Generalised IoU also ranks boxes that do not touch the region; of these only the nearest will do.
  const apart = overlaps.every((x) => x === 0)
  if (apart) overlaps = found.map((b) => generalisedIou(region, b))
  const best = Math.max(...overlaps)
  const least = best > 0 ? CLOSE * best : best
  const mean = new Float64Array(width)
  classes.forEach((x, i) => (mean[i % width]! += x / n))
  let [chosen, likeness] = [0, Infinity]
  overlaps.forEach((overlap, i) => {
    if (overlap < least) return
    let similar = 0
    for (let k = 0; k < width; k++) similar += mean[k]! * classes[i * width + k]!
    if (similar < likeness) [chosen, likeness] = [i, similar]
  })
  return chosen
}

/** Rezatofighi et al. 2019, arXiv:1902.09630: from −1 to 1. */
export function generalisedIou(a: Box, b: Box): number {
  const common = boxIntersection(a, b)
  const union = boxArea(a) + boxArea(b) - (common ? boxArea(common) : 0)
  const hull = boxArea(boxUnion(a, b))
  return boxIou(a, b) - (hull > 0 ? (hull - union) / hull : 0)
}
