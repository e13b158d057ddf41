/** One kind of shape into another, and fewer vertices, with what of the shape is kept. */
import type { PolygonPart, Shape } from '../model/shape.ts'
import { shapeBox } from './box.ts'
import { polygonIou } from './overlap.ts'
import { simplifyLine } from './polygon.ts'
import { rleArea } from './rle.ts'
import { shapeMask, shapePolygon } from './shape.ts'
import { simplified } from './simplify.ts'

export const targets = ['box', 'polygon', 'mask'] as const
export type Target = (typeof targets)[number]

interface Size {
  readonly width: number
  readonly height: number
}

/**
 * The shape as another kind, for an image of this size. A mask's outline runs along its pixels' edges and is simplified by
 * `tolerance` pixels. Null if it is of that kind already, has no area, or would have none.
 */
export function converted(shape: Shape, to: Target, { width, height }: Size, tolerance = 0): Shape | null {
  if (shape.kind === to) return null
  switch (to) {
    case 'box': {
      const box = shapeBox(shape)
      return box.w > 0 && box.h > 0 ? { kind: 'box', ...box } : null
    }
    case 'polygon': {
      const parts = shapePolygon(shape)
      return parts?.length ? { kind: 'polygon', parts: simplified(parts, shape.kind === 'mask' ? tolerance : 0) } : null
    }
    case 'mask': {
      const rle = shapeMask(shape, height, width)
      return rle && rleArea(rle) > 0 ? { kind: 'mask', rle } : null
    }
  }
}

/** An outline with fewer vertices. */
export interface Simplification {
  readonly shape: Shape
  readonly vertices: number
  /** Intersection over union of the areas within the outline before and after; null for a line. */
  readonly iou: number | null
}

/** With what remains of polygons, lines and masks, whose outlines become polygons; null for other shapes. */
export function simplification(shape: Shape, tolerance: number): Simplification | null {
  if (shape.kind === 'polyline') {
    const points = tolerance > 0 ? simplifyLine(shape.points, tolerance) : shape.points
    return { shape: { ...shape, points }, vertices: points.length / 2, iou: null }
  }
  if (shape.kind !== 'polygon' && shape.kind !== 'mask') return null
  const before = shapePolygon(shape)!
  if (!before.length) return null
  const parts = simplified(before, tolerance)
  return { shape: { kind: 'polygon', parts }, vertices: verticesOf(parts), iou: tolerance > 0 ? polygonIou(before, parts) : 1 }
}

const verticesOf = (parts: readonly PolygonPart[]) => parts.reduce((n, part) => part.reduce((m, ring) => m + ring.length / 2, n), 0)
