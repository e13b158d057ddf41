/** Axis-aligned and rotated boxes. */
import type { Box, RotatedBoxShape, Ring, Shape } from '../model/shape.ts'
import { rleBox } from './rle.ts'

export const boxArea = (b: Box) => b.w * b.h

/** The bounding box of flat points x0, y0, x1, y1, …; for no points, the empty box at the origin. */
export function boundsOf(points: readonly number[]): Box {
  let [x0, y0, x1, y1] = [Infinity, Infinity, -Infinity, -Infinity]
  for (let i = 0; i < points.length; i += 2) {
    const x = points[i]!
    const y = points[i + 1]!
    if (x < x0) x0 = x
    if (x > x1) x1 = x
    if (y < y0) y0 = y
    if (y > y1) y1 = y
  }
  return x0 === Infinity ? { x: 0, y: 0, w: 0, h: 0 } : { x: x0, y: y0, w: x1 - x0, h: y1 - y0 }
}

/** The intersection; null if the boxes share no area. */
export function boxIntersection(a: Box, b: Box): Box | null {
  const x = Math.max(a.x, b.x)
  const y = Math.max(a.y, b.y)
  const w = Math.min(a.x + a.w, b.x + b.w) - x
  const h = Math.min(a.y + a.h, b.y + b.h) - y
  return w > 0 && h > 0 ? { x, y, w, h } : null
}

/** The box with these two points as opposite corners. */
export const boxOfCorners = (a: Readonly<{ x: number; y: number }>, b: Readonly<{ x: number; y: number }>): Box => ({
  x: Math.min(a.x, b.x),
  y: Math.min(a.y, b.y),
  w: Math.abs(b.x - a.x),
  h: Math.abs(b.y - a.y),
})

export function boxUnion(a: Box, b: Box): Box {
  const x = Math.min(a.x, b.x)
  const y = Math.min(a.y, b.y)
  return { x, y, w: Math.max(a.x + a.w, b.x + b.w) - x, h: Math.max(a.y + a.h, b.y + b.h) - y }
}

/** Intersection over union, 0 to 1; 0 if both are empty. */
export function boxIou(a: Box, b: Box): number {
  const common = boxIntersection(a, b)
  const inter = common ? boxArea(common) : 0
  const union = boxArea(a) + boxArea(b) - inter
  return union > 0 ? inter / union : 0
}

export const boxContains = (b: Box, x: number, y: number) => x >= b.x && x <= b.x + b.w && y >= b.y && y <= b.y + b.h

/** The part of a box inside an image of this size in pixels; null if there is none. */
export const clipBox = (b: Box, width: number, height: number) => boxIntersection(b, { x: 0, y: 0, w: width, h: height })

/** Clockwise on the screen from the top-left corner. */
export const boxRing = (b: Box): Ring => [b.x, b.y, b.x + b.w, b.y, b.x + b.w, b.y + b.h, b.x, b.y + b.h]

/** The corners of a rotated box: those of the unrotated one, from its top-left, turned clockwise about the centre. */
export function rotatedBoxRing({ cx, cy, w, h, angle }: Omit<RotatedBoxShape, 'kind'>): Ring {
  const radians = (angle * Math.PI) / 180
  const [cos, sin] = [Math.cos(radians), Math.sin(radians)]
  const corner = (dx: number, dy: number) => [cx + dx * cos - dy * sin, cy + dx * sin + dy * cos]
  return [...corner(-w / 2, -h / 2), ...corner(w / 2, -h / 2), ...corner(w / 2, h / 2), ...corner(-w / 2, h / 2)]
}

export function rotatedBoxContains(b: Omit<RotatedBoxShape, 'kind'>, x: number, y: number): boolean {
  const radians = (-b.angle * Math.PI) / 180
  const [dx, dy] = [x - b.cx, y - b.cy]
  const u = dx * Math.cos(radians) - dy * Math.sin(radians)
  const v = dx * Math.sin(radians) + dy * Math.cos(radians)
  return Math.abs(u) <= b.w / 2 && Math.abs(v) <= b.h / 2
}

/** The smallest upright box around any shape. */
export function shapeBox(shape: Shape): Box {
  switch (shape.kind) {
    case 'box':
      return { x: shape.x, y: shape.y, w: shape.w, h: shape.h }
    case 'rotated-box':
      return boundsOf(rotatedBoxRing(shape))
    case 'polygon':
      return shape.parts.map((part) => boundsOf(part[0]!)).reduce(boxUnion)
    case 'mask':
      return rleBox(shape.rle)
    case 'polyline':
      return boundsOf(shape.points)
    case 'keypoints': {
      const labelled = shape.points.filter((p) => p.v > 0)
      return boundsOf((labelled.length ? labelled : shape.points).flatMap((p) => [p.x, p.y]))
    }
  }
}
