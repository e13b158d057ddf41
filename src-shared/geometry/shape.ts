/** Operations on all kinds of shapes: area, hit test, mask, clipping to the image. */
import type { PolygonPart, Rle, Shape } from '../model/shape.ts'
import { boxContains, boxRing, clipBox, rotatedBoxContains, rotatedBoxRing } from './box.ts'
import { rleToPolygon } from './contours.ts'
import { clipPolygon, lineDistance, polygonArea, polygonContains } from './polygon.ts'
import { polygonToRle, reachOf } from './rasterise.ts'
import { rleArea, rleContains } from './rle.ts'

/** Every coordinate of the shape; a mask has none. */
export function* coordinatesOf(shape: Shape): Generator<number> {
  switch (shape.kind) {
    case 'box':
      return yield* [shape.x, shape.y, shape.x + shape.w, shape.y + shape.h]
    case 'rotated-box':
      return yield* [shape.cx, shape.cy, shape.w, shape.h]
    case 'polygon':
      for (const part of shape.parts) for (const ring of part) yield* ring
      return
    case 'polyline':
      return yield* shape.points
    case 'keypoints':
      for (const { x, y } of shape.points) yield* [x, y]
  }
}

/** Why a valid shape cannot belong to an image of this size; null if it can. */
export function shapeProblem(shape: Shape, size: { width: number | null; height: number | null }): string | null {
  const { width, height } = size
  if (width === null || height === null) return null
  if (shape.kind === 'mask') {
    const [h, w] = shape.rle.size
    return w === width && h === height ? null : `a mask of ${w} × ${h} on an image of ${width} × ${height}`
  }
  const reach = reachOf(width, height)
  for (const v of coordinatesOf(shape))
    if (!(Math.abs(v) <= reach)) return `${shape.kind}: the coordinate ${v} is too far outside an image of ${width} × ${height}`
  return null
}

/** Area in square pixels; 0 for lines and points. */
export function shapeArea(shape: Shape): number {
  switch (shape.kind) {
    case 'box':
    case 'rotated-box':
      return shape.w * shape.h
    case 'polygon':
      return polygonArea(shape.parts)
    case 'mask':
      return rleArea(shape.rle)
    default:
      return 0
  }
}

/** Whether the point is inside the shape or, for lines and points, within `reach` pixels of it. */
export function shapeContains(shape: Shape, x: number, y: number, reach = 0): boolean {
  switch (shape.kind) {
    case 'box':
      return boxContains(shape, x, y)
    case 'rotated-box':
      return rotatedBoxContains(shape, x, y)
    case 'polygon':
      return polygonContains(shape.parts, x, y)
    case 'mask':
      return rleContains(shape.rle, x, y)
    case 'polyline':
      return lineDistance(shape.points, x, y, false) <= reach
    case 'keypoints':
      return (
        shape.points.some((p) => p.v > 0 && Math.hypot(p.x - x, p.y - y) <= reach) ||
        (shape.edges ?? []).some(([i, j]) => {
          const [a, b] = [shape.points[i]!, shape.points[j]!]
          return a.v > 0 && b.v > 0 && lineDistance([a.x, a.y, b.x, b.y], x, y, false) <= reach
        })
      )
  }
}

/** The shape as a polygon; null for lines and points. */
export function shapePolygon(shape: Shape): PolygonPart[] | null {
  switch (shape.kind) {
    case 'box':
      return [[boxRing(shape)]]
    case 'rotated-box':
      return [[rotatedBoxRing(shape)]]
    case 'polygon':
      return shape.parts
    case 'mask':
      return rleToPolygon(shape.rle)
    default:
      return null
  }
}

/** The shape as a mask of the image's size; null for lines and points. */
export function shapeMask(shape: Shape, height: number, width: number): Rle | null {
  if (shape.kind === 'mask') return shape.rle
  const parts = shapePolygon(shape)
  if (!parts) return null
  // Clip only shapes that reach far outside: clipping first may move a boundary pixel relative to pycocotools' mask.
  const far = 4 * Math.max(width, height)
  const reachesFar = parts.some((part) => part.some((ring) => ring.some((v) => Math.abs(v) > far)))
  return polygonToRle(reachesFar ? clipPolygon(parts, width, height) : parts, height, width)
}

/**
 * The part inside the image; null if there is none. Keypoints outside become "not labelled"; lines are clamped to the
 * border.
 */
export function clipShape(shape: Shape, width: number, height: number): Shape | null {
  switch (shape.kind) {
    case 'box': {
      const clipped = clipBox(shape, width, height)
      return clipped && { kind: 'box', ...clipped }
    }
    case 'rotated-box': // stays a rotated box as long as its centre is inside
      return boxContains({ x: 0, y: 0, w: width, h: height }, shape.cx, shape.cy) ? shape : null
    case 'polygon': {
      const parts = clipPolygon(shape.parts, width, height)
      return parts.length ? { kind: 'polygon', parts } : null
    }
    case 'mask':
      return shape.rle.size[0] === height && shape.rle.size[1] === width ? shape : null
    case 'polyline':
      return { ...shape, points: shape.points.map((v, i) => Math.min(Math.max(v, 0), i % 2 ? height : width)) }
    case 'keypoints': {
      const inside = (x: number, y: number) => x >= 0 && y >= 0 && x <= width && y <= height
      const points = shape.points.map((p) => (inside(p.x, p.y) ? p : { ...p, x: 0, y: 0, v: 0 as const }))
      return points.some((p) => p.v > 0) ? { ...shape, points } : null
    }
  }
}
