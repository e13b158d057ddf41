/** Moving, scaling and rotating shapes. Masks move by whole pixels and cannot be scaled or rotated. */
import { boxUnion } from '#shared/geometry/box.ts'
import type { Box, RotatedBoxShape, Shape } from '#shared/model/shape.ts'
import { boundsOfShape } from './bounds.ts'
import { ColumnMask } from './masks/column-mask.ts'
import { flatOf } from './masks/flat-mask.ts'
import type { Point, Size } from './types.ts'

/** x ↦ sx·x + tx, y ↦ sy·y + ty. */
export interface Scaling {
  sx: number
  sy: number
  tx: number
  ty: number
}

const mapFlat = (points: readonly number[], f: (x: number, y: number) => readonly [number, number]) => {
  const out = new Array<number>(points.length)
  for (let i = 0; i < points.length; i += 2) [out[i], out[i + 1]] = f(points[i]!, points[i + 1]!)
  return out
}

/** Maps every vertex through `f`; only for shapes made of vertices. */
function mapVertices(shape: Shape, f: (x: number, y: number) => readonly [number, number]): Shape {
  switch (shape.kind) {
    case 'polygon':
      return { ...shape, parts: shape.parts.map((part) => part.map((ring) => mapFlat(ring, f))) }
    case 'polyline':
      return { ...shape, points: mapFlat(shape.points, f) }
    case 'keypoints':
      return {
        ...shape,
        points: shape.points.map((p) => {
          const [x, y] = p.v > 0 ? f(p.x, p.y) : [p.x, p.y]
          return { ...p, x, y }
        }),
      }
    default:
      return shape
  }
}

export function translate(shape: Shape, dx: number, dy: number): Shape {
  switch (shape.kind) {
    case 'box':
      return { ...shape, x: shape.x + dx, y: shape.y + dy }
    case 'rotated-box':
      return { ...shape, cx: shape.cx + dx, cy: shape.cy + dy }
    case 'mask': {
      const [height, width] = shape.rle.size
      return { ...shape, rle: ColumnMask.fromFlat(flatOf(shape)).placed({ width, height }, Math.round(dx), Math.round(dy)).toRle() }
    }
    default:
      return mapVertices(shape, (x, y) => [x + dx, y + dy])
  }
}

export function scale(shape: Shape, { sx, sy, tx, ty }: Scaling): Shape {
  switch (shape.kind) {
    case 'box': {
      const [w, h] = [shape.w * sx, shape.h * sy]
      return { ...shape, x: shape.x * sx + tx + Math.min(w, 0), y: shape.y * sy + ty + Math.min(h, 0), w: Math.abs(w), h: Math.abs(h) }
    }
    case 'rotated-box': {
      // A sheared box is not a box: its axes follow the scaling, its corners stay right angles.
      const a = (shape.angle * Math.PI) / 180
      const [ux, uy] = [Math.cos(a) * sx, Math.sin(a) * sy]
      const [vx, vy] = [-Math.sin(a) * sx, Math.cos(a) * sy]
      return {
        ...shape,
        cx: shape.cx * sx + tx,
        cy: shape.cy * sy + ty,
        w: shape.w * Math.hypot(ux, uy),
        h: shape.h * Math.hypot(vx, vy),
        angle: (Math.atan2(uy, ux) * 180) / Math.PI,
      }
    }
    default:
      return mapVertices(shape, (x, y) => [x * sx + tx, y * sy + ty])
  }
}

/** Rotates by `angle` degrees, clockwise on screen, about a point; a box becomes a rotated box. */
export function rotate(shape: Shape, about: Point, angle: number): Shape {
  const a = (angle * Math.PI) / 180
  const [cos, sin] = [Math.cos(a), Math.sin(a)]
  const turn = (x: number, y: number) =>
    [about.x + (x - about.x) * cos - (y - about.y) * sin, about.y + (x - about.x) * sin + (y - about.y) * cos] as const
  switch (shape.kind) {
    case 'box':
      return rotate(asRotatedBox(shape), about, angle)
    case 'rotated-box': {
      const [cx, cy] = turn(shape.cx, shape.cy)
      return { ...shape, cx, cy, angle: normalAngle(shape.angle + angle) }
    }
    default:
      return mapVertices(shape, turn)
  }
}

/** In [-180, 180). */
export const normalAngle = (degrees: number) => ((((degrees + 180) % 360) + 360) % 360) - 180

export const asRotatedBox = (b: Box): RotatedBoxShape => ({
  kind: 'rotated-box',
  cx: b.x + b.w / 2,
  cy: b.y + b.h / 2,
  w: b.w,
  h: b.h,
  angle: 0,
})

/** The rotated box with one side or corner (dir: -1, 0 or 1 along its own axes) moved to `to` and the opposite one kept in place. */
export function resizeRotatedBox(b: RotatedBoxShape, dir: Point, to: Point): RotatedBoxShape {
  const a = (b.angle * Math.PI) / 180
  const [cos, sin] = [Math.cos(a), Math.sin(a)]
  const [u, v] = [(to.x - b.cx) * cos + (to.y - b.cy) * sin, (to.y - b.cy) * cos - (to.x - b.cx) * sin]
  const w = dir.x ? u * dir.x + b.w / 2 : b.w
  const h = dir.y ? v * dir.y + b.h / 2 : b.h
  const [du, dv] = [((w - b.w) / 2) * dir.x, ((h - b.h) / 2) * dir.y]
  return { ...b, w: Math.abs(w), h: Math.abs(h), cx: b.cx + du * cos - dv * sin, cy: b.cy + du * sin + dv * cos }
}

/** The smallest upright box around several shapes. */
export const boundsOfShapes = (shapes: readonly Shape[]): Box => shapes.map(boundsOfShape).reduce(boxUnion)

/** The move closest to (dx, dy) that keeps a box inside the image; a box that is too large or already outside moves freely. */
export function movedWithin(b: Box, dx: number, dy: number, { width, height }: Size): Point {
  const clamp = (v: number, low: number, high: number) => (low <= 0 && high >= 0 ? Math.min(Math.max(v, low), high) : v)
  return { x: clamp(dx, -b.x, width - b.x - b.w), y: clamp(dy, -b.y, height - b.y - b.h) }
}
