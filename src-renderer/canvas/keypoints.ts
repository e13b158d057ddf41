/** Changing the visibility of keypoints, and placing skeletons. */

import type { Box, Keypoint, KeypointsShape } from '#shared/model/shape.ts'
import { layoutOf, placedIn, pointName, type Skeleton, type Visibility } from '#shared/model/skeleton.ts'
import { boundsOfShape } from './bounds.ts'
import type { Point, Size } from './types.ts'

/** A guess at an unlabelled point's place: its last one, or the skeleton's layout within the box of the other points. */
function guessed(shape: KeypointsShape, index: number, skeleton: Skeleton | null, { width, height }: Size): Point {
  const { x, y } = shape.points[index]!
  if ((x || y) && x >= 0 && y >= 0 && x <= width && y <= height) return { x, y }
  const box = shape.points.some((p) => p.v > 0) ? boundsOfShape(shape) : { x: 0, y: 0, w: width, h: height }
  const at = skeleton ? skeleton.points.indexOf(pointName(shape.points[index]!, index)) : -1
  const [u, v] = at < 0 ? [0.5, 0.5] : layoutOf(skeleton!)[at]!
  return { x: box.x + u * box.w, y: box.y + v * box.h }
}

/** Sets the state of points. A missing point that returns gets a place; one that goes missing keeps its coordinates. */
export function withStates(
  shape: KeypointsShape,
  indices: readonly number[],
  v: Visibility,
  skeleton: Skeleton | null,
  size: Size,
): KeypointsShape {
  if (indices.every((i) => shape.points[i]?.v === v)) return shape
  const points = shape.points.map((p, i): Keypoint => {
    if (!indices.includes(i) || p.v === v) return p
    return p.v === 0 ? { ...p, ...guessed(shape, i, skeleton, size), v } : { ...p, v }
  })
  return { ...shape, points }
}

/** Hidden if all are visible, otherwise visible. */
export const otherSight = ({ points }: KeypointsShape, indices: readonly number[]): Visibility =>
  indices.every((i) => points[i]?.v === 2) ? 1 : 2
/** Not labelled if any of them is labelled, otherwise visible. */
export const otherPresence = ({ points }: KeypointsShape, indices: readonly number[]): Visibility =>
  indices.some((i) => (points[i]?.v ?? 0) > 0) ? 0 : 2

/** A skeleton laid out within a box; points outside the image are moved to its border. */
export function placed(box: Box, skeleton: Skeleton, { width, height }: Size): KeypointsShape {
  const shape = placedIn(box, skeleton)
  const points = shape.points.map((p) => ({ ...p, x: Math.min(Math.max(p.x, 0), width), y: Math.min(Math.max(p.y, 0), height) }))
  return { ...shape, points }
}

/** A box around a point, within the image: as large as the last one placed, or half the image's height. */
export function boxAbout({ x, y }: Point, last: Size | null, { width, height }: Size): Box {
  const w = Math.min(last?.width ?? height / 4, width)
  const h = Math.min(last?.height ?? height / 2, height)
  const within = (v: number, size: number, all: number) => Math.min(Math.max(v - size / 2, 0), all - size)
  return { x: within(x, w, width), y: within(y, h, height), w, h }
}

/** The next labelled point after the selected ones, or the first if none is selected. */
export function nextPoint({ points }: KeypointsShape, chosen: readonly number[], by: 1 | -1): number | null {
  const n = points.length
  const from = chosen.at(-1) ?? (by > 0 ? -1 : n)
  for (let k = 1; k <= n; k++) {
    const i = (((from + by * k) % n) + n) % n
    if (points[i]!.v > 0) return i
  }
  return null
}
