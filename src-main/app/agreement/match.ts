/** Matches the regions of two authors on one image. */
import { boxIntersection, boxIou, boxUnion, shapeBox } from '#shared/geometry/box.ts'
import { rleIou } from '#shared/geometry/rle.ts'
import { shapeMask } from '#shared/geometry/shape.ts'
import type { Rle, Shape } from '#shared/model/shape.ts'
import { bestPairs } from './assignment.ts'

export interface Marked {
  id: number
  labelId: number | null
  shape: Shape
}
export interface Pair<M> {
  a: M
  b: M
  iou: number
}
export interface Matching<M> {
  matched: Pair<M>[]
  labelDiffers: Pair<M>[]
  lowIou: Pair<M>[]
  onlyA: M[]
  onlyB: M[]
}

export const hasArea = ({ kind }: Shape) => kind !== 'polyline' && kind !== 'keypoints'

interface Size {
  width: number | null
  height: number | null
}

/**
 * Intersection over union of shapes with an area on one image, as in pycocotools: of two boxes from their sides, of
 * other shapes from the pixels they cover (a mask of another size overlaps nothing).
 */
export function shapeIou(a: Shape, b: Shape, { width, height }: Size, masks = new Map<Shape, Rle | null>()): number {
  const [boxA, boxB] = [shapeBox(a), shapeBox(b)]
  if (a.kind === 'box' && b.kind === 'box') return boxIou(boxA, boxB)
  if (!boxIntersection(boxA, boxB)) return 0
  const around = boxUnion(boxA, boxB)
  const given = [a, b].find((s) => s.kind === 'mask')
  const [h, w] =
    given?.kind === 'mask' ? given.rle.size : [height ?? Math.ceil(around.y + around.h), width ?? Math.ceil(around.x + around.w)]
  if (!(h > 0 && w > 0)) return 0
  const maskOf = (shape: Shape) => {
    let mask = masks.get(shape)
    if (mask === undefined) masks.set(shape, (mask = shapeMask(shape, h, w)))
    return mask
  }
  const [maskA, maskB] = [maskOf(a), maskOf(b)]
  if (!maskA || !maskB || maskA.size.join() !== maskB.size.join()) return 0
  return rleIou(maskA, maskB)
}

/** Two regions of the same label with a lower IoU are never matched. */
export const floor = 0.1

/**
 * Matches in three passes over the remaining regions, each maximising the sum of IoU (Hungarian method): equal labels
 * at or above the threshold; any labels at or above it; equal labels with an IoU of at least `floor`. The rest is
 * unmatched.
 */
export function matchRegions<M extends Marked>(a: readonly M[], b: readonly M[], size: Size, threshold: number): Matching<M> {
  const masks = new Map<Shape, Rle | null>()
  const candidates = a.flatMap((one, i) =>
    b.flatMap((other, j) => {
      const iou = shapeIou(one.shape, other.shape, size, masks)
      return iou >= Math.min(floor, threshold) ? [{ a: i, b: j, weight: iou, same: one.labelId === other.labelId }] : []
    }),
  )
  const [leftA, leftB] = [new Set(a.keys()), new Set(b.keys())]
  const pairs = (wanted: (c: (typeof candidates)[number]) => boolean): Pair<M>[] =>
    bestPairs(candidates.filter((c) => wanted(c) && leftA.has(c.a) && leftB.has(c.b))).map((p) => {
      leftA.delete(p.a)
      leftB.delete(p.b)
      return { a: a[p.a]!, b: b[p.b]!, iou: p.weight }
    })
  const matched = pairs((c) => c.same && c.weight >= threshold)
  const labelDiffers = pairs((c) => c.weight >= threshold)
  const lowIou = pairs((c) => c.same)
  return { matched, labelDiffers, lowIou, onlyA: a.filter((_, i) => leftA.has(i)), onlyB: b.filter((_, j) => leftB.has(j)) }
}
