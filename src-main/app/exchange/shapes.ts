/** Conversions that several formats share. */
import { boxRing, rotatedBoxRing, shapeBox } from '#shared/geometry/box.ts'
import { shapeMask } from '#shared/geometry/shape.ts'
import { rleToPolygon } from '#shared/geometry/contours.ts'
import type { Box, PolygonPart, Ring, Rle, Shape } from '#shared/model/shape.ts'
import type { DraftRegion, Size } from './draft.ts'

/** Flat points without the repeated last vertex; null where fewer than three are left. */
export function toRing(points: readonly number[]): Ring | null {
  const even = points.length % 2 ? points.slice(0, -1) : points
  const n = even.length
  const closed = n > 6 && even[0] === even[n - 2] && even[1] === even[n - 1]
  const ring = closed ? even.slice(0, -2) : [...even]
  return ring.length >= 6 ? ring : null
}

export const polygonOf = (...rings: Ring[]): Shape => ({ kind: 'polygon', parts: rings.map((r) => [r]) })
export const boxOf = (x: number, y: number, w: number, h: number): Shape => ({ kind: 'box', x, y, w, h })

/** From two opposite corners, in any order. */
export const boxBetween = (x1: number, y1: number, x2: number, y2: number): Shape =>
  boxOf(Math.min(x1, x2), Math.min(y1, y2), Math.abs(x2 - x1), Math.abs(y2 - y1))

export const hasHoles = (shape: Shape) => shape.kind === 'polygon' && shape.parts.some((p) => p.length > 1)

/** Outer rings; null of lines and points. Holes are lost. */
export function outlines(shape: Shape): Ring[] | null {
  const parts = partsOf(shape)
  return parts && parts.map((p) => p[0]!)
}

export function partsOf(shape: Shape): PolygonPart[] | null {
  switch (shape.kind) {
    case 'box': return [[boxRing(shape)]]
    case 'rotated-box': return [[rotatedBoxRing(shape)]]
    case 'polygon': return shape.parts
    case 'mask': return rleToPolygon(shape.rle)
    default: return null
  }
}

export const boxOfShape = (shape: Shape): Box => shapeBox(shape)
export const maskOf = (shape: Shape, size: Size): Rle | null => shapeMask(shape, size.height, size.width)

/** An ellipse as a polygon of 64 vertices, angle in degrees clockwise. */
export function ellipseRing(cx: number, cy: number, rx: number, ry: number, angle = 0): Ring {
  const [c, s] = [Math.cos((angle * Math.PI) / 180), Math.sin((angle * Math.PI) / 180)]
  return Array.from({ length: 64 }, (_, i) => (i * Math.PI) / 32).flatMap((t) => {
    const [u, v] = [rx * Math.cos(t), ry * Math.sin(t)]
    return [cx + u * c - v * s, cy + u * s + v * c]
  })
}

/** Four corners as a rotated box, where they are one to within a thousandth of their size; null otherwise. */
export function rotatedFromCorners(p: readonly number[]): Shape | null {
  if (p.length !== 8) return null
  const [ax, ay, bx, by, cx, cy, dx, dy] = p as [number, number, number, number, number, number, number, number]
  const w = Math.hypot(bx - ax, by - ay)
  const h = Math.hypot(cx - bx, cy - by)
  const slack = 1e-3 * Math.max(w, h, 1)
  const parallel = Math.abs(ax + cx - bx - dx) < slack && Math.abs(ay + cy - by - dy) < slack
  const square = Math.abs((bx - ax) * (cx - bx) + (by - ay) * (cy - by)) < slack * Math.max(w, h)
  if (!parallel || !square || w === 0 || h === 0) return null
  const angle = (Math.atan2(by - ay, bx - ax) * 180) / Math.PI
  return { kind: 'rotated-box', cx: (ax + cx) / 2, cy: (ay + cy) / 2, w, h, angle: angle === 0 ? 0 : angle }
}

/** The attribute that ties regions of one object together: parts, or an outline and its keypoints. */
export const groupAttribute = 'group'

type Grouped = DraftRegion & { group?: number | string | null | undefined }

/** Polygons of the same label and group are the parts of one object. */
export const joinParts = (regions: readonly Grouped[]): DraftRegion[] => joinedWithPlaces(regions).regions

/** And where each of the regions given went. A group that ties more than parts stays as an attribute. */
export function joinedWithPlaces(regions: readonly Grouped[]): { regions: DraftRegion[]; places: number[] } {
  const first = new Map<string, number>()
  const out: DraftRegion[] = []
  const places = regions.map(({ group, ...region }) => {
    const joinable = group !== null && group !== undefined && group !== 0 && region.shape.kind === 'polygon'
    const key = joinable ? JSON.stringify([group, region.label, region.author ?? null]) : ''
    const at = joinable ? first.get(key) : undefined
    const known = at === undefined ? undefined : out[at]
    if (known?.shape.kind === 'polygon' && region.shape.kind === 'polygon') {
      known.shape = { kind: 'polygon', parts: [...known.shape.parts, ...region.shape.parts] }
      const attributes = { ...region.attributes, ...known.attributes }
      if (Object.keys(attributes).length) known.attributes = attributes
      return at!
    }
    if (joinable) first.set(key, out.length)
    return out.push(region) - 1
  })
  return { regions: out, places }
}

/** A number as short text, to `digits` places. */
export const fixed = (n: number, digits: number) => String(Number(n.toFixed(digits)))

/** To a millionth of a pixel: coordinates that went through parts of the image come back as they were, half pixels above all. */
export const snap = (n: number) => Math.round(n * 1e6) / 1e6
