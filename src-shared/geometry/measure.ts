/** Lengths, angles and areas, in pixels. */
import type { Ring, Shape } from '../model/shape.ts'
import { shapeArea } from './shape.ts'

interface Point {
  x: number
  y: number
}

/** Length of the open line through the points. */
export const pathLength = (points: readonly Point[]): number =>
  points.reduce((sum, p, i) => (i ? sum + Math.hypot(p.x - points[i - 1]!.x, p.y - points[i - 1]!.y) : 0), 0)

/** The angle at `b` between `a` and `c`, 0 to 180 degrees; null if one of the sides has length 0. */
export function angleAt(a: Point, b: Point, c: Point): number | null {
  const [ux, uy, vx, vy] = [a.x - b.x, a.y - b.y, c.x - b.x, c.y - b.y]
  if ((!ux && !uy) || (!vx && !vy)) return null
  return (Math.abs(Math.atan2(ux * vy - uy * vx, ux * vx + uy * vy)) * 180) / Math.PI
}

const flatPoints = (flat: readonly number[]): Point[] =>
  Array.from({ length: flat.length / 2 }, (_, i) => ({ x: flat[2 * i]!, y: flat[2 * i + 1]! }))
const around = (ring: Ring) => {
  const points = flatPoints(ring)
  return pathLength([...points, points[0]!])
}

/**
 * Area and length of all outlines, including holes; the length of a line; for a mask only its area, since its outline
 * is a staircase.
 */
export function measured(shape: Shape): { area?: number; perimeter?: number; length?: number } {
  switch (shape.kind) {
    case 'box':
    case 'rotated-box':
      return { area: shape.w * shape.h, perimeter: 2 * (shape.w + shape.h) }
    case 'polygon':
      return { area: shapeArea(shape), perimeter: shape.parts.flat().reduce((sum, ring) => sum + around(ring), 0) }
    case 'mask':
      return { area: shapeArea(shape) }
    case 'polyline':
      return { length: pathLength(flatPoints(shape.points)) }
    case 'keypoints':
      return {}
  }
}
