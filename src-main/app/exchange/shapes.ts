/** Shape conversions shared by several formats. */
import { rotatedBoxRing, shapeBox } from '#shared/geometry/box.ts'
import { shapeMask, shapePolygon } from '#shared/geometry/shape.ts'
import type { Box, Ring, RotatedBoxShape, Rle, Shape } from '#shared/model/shape.ts'
import type { DraftRegion, Size } from './draft.ts'

/** Flat points without the repeated last vertex; null if fewer than three remain. */
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

/** Outer rings only, holes are lost; null for lines and points. */
export function outlines(shape: Shape): Ring[] | null {
  const parts = shapePolygon(shape)
  return parts && parts.map((p) => p[0]!)
}

export const boxOfShape = (shape: Shape): Box => shapeBox(shape)
export const maskOf = (shape: Shape, size: Size): Rle | null => shapeMask(shape, size.height, size.width)

/** An ellipse as a polygon of 64 vertices; `angle` in degrees, clockwise. */
export function ellipseRing(cx: number, cy: number, rx: number, ry: number, angle = 0): Ring {
  const [c, s] = [Math.cos((angle * Math.PI) / 180), Math.sin((angle * Math.PI) / 180)]
  return Array.from({ length: 64 }, (_, i) => (i * Math.PI) / 32).flatMap((t) => {
    const [u, v] = [rx * Math.cos(t), ry * Math.sin(t)]
    return [cx + u * c - v * s, cy + u * s + v * c]
  })
}

/**
 * The rotated box that best fits four corners (in order, either direction); null if a corner deviates by more than
 * `slack` pixels. The default is a thousandth of the box's size; files with rounded numbers need more.
 */
export function rotatedFromCorners(p: readonly number[], slack?: number): RotatedBoxShape | null {
  if (p.length !== 8) return null
  const [ax, ay, bx, by, cx, cy, dx, dy] = p as [number, number, number, number, number, number, number, number]
  const u = [(bx - ax + cx - dx) / 2, (by - ay + cy - dy) / 2] as const
  const v = [(dx - ax + cx - bx) / 2, (dy - ay + cy - by) / 2] as const
  const turn = Math.sign(u[0] * v[1] - u[1] * v[0])
  // The longer side weighs more in the direction.
  const [ex, ey] = [u[0] + turn * v[1], u[1] - turn * v[0]]
  const length = Math.hypot(ex, ey)
  if (turn === 0 || !(length > 0)) return null
  const [c, s] = [ex / length, ey / length]
  const [w, h] = [u[0] * c + u[1] * s, turn * (v[1] * c - v[0] * s)]
  const angle = (Math.atan2(s, c) * 180) / Math.PI
  const box: RotatedBoxShape = {
    kind: 'rotated-box',
    cx: (ax + bx + cx + dx) / 4,
    cy: (ay + by + cy + dy) / 4,
    w,
    h,
    angle: angle === 0 ? 0 : angle,
  }
  const [tl, tr, br, bl] = [0, 2, 4, 6].map((i) => rotatedBoxRing(box).slice(i, i + 2))
  const corners = (turn > 0 ? [tl!, tr!, br!, bl!] : [bl!, br!, tr!, tl!]).flat()
  const far = Math.max(...corners.map((n, i) => Math.abs(n - p[i]!)))
  return w > 0 && h > 0 && far <= (slack ?? 1e-3 * Math.max(w, h, 1)) ? box : null
}

/**
 * The smallest-area rotated box around points: one side is collinear with a side of their convex hull (Freeman &
 * Shapira 1975). Null if the points span no area.
 */
export function smallestBox(points: readonly number[]): RotatedBoxShape | null {
  const hull = hullOf(points)
  let best: RotatedBoxShape | null = null
  for (const [i, [x, y]] of hull.entries()) {
    const [nx, ny] = hull[(i + 1) % hull.length]!
    const length = Math.hypot(nx - x, ny - y)
    const [c, s] = [(nx - x) / length, (ny - y) / length]
    const along = hull.map(([px, py]) => px * c + py * s)
    const across = hull.map(([px, py]) => py * c - px * s)
    const [u0, u1, v0, v1] = [Math.min(...along), Math.max(...along), Math.min(...across), Math.max(...across)]
    const [w, h, u, v] = [u1 - u0, v1 - v0, (u0 + u1) / 2, (v0 + v1) / 2]
    if (w > 0 && h > 0 && (!best || w * h < best.w * best.h))
      best = { kind: 'rotated-box', cx: u * c - v * s, cy: u * s + v * c, w, h, angle: (Math.atan2(s, c) * 180) / Math.PI }
  }
  return best
}

/** Convex hull by Andrew's monotone chain, without collinear points. */
export function hullOf(flat: readonly number[]): [number, number][] {
  const points = Array.from({ length: flat.length / 2 }, (_, i): [number, number] => [flat[2 * i]!, flat[2 * i + 1]!])
  points.sort((a, b) => a[0] - b[0] || a[1] - b[1])
  const half = (some: readonly [number, number][]) => {
    const out: [number, number][] = []
    for (const p of some) {
      const turns = () => {
        const [a, b] = [out.at(-2)!, out.at(-1)!]
        return (b[0] - a[0]) * (p[1] - a[1]) - (b[1] - a[1]) * (p[0] - a[0]) > 0
      }
      while (out.length >= 2 && !turns()) out.pop()
      out.push(p)
    }
    return out.slice(0, -1)
  }
  return [...half(points), ...half([...points].reverse())]
}

/** The attribute that groups regions of one object: parts, or an outline and its keypoints. */
export const groupAttribute = 'group'

type Grouped = DraftRegion & { group?: number | string | null | undefined }

/** Joins polygons with the same label and group into the parts of one object. */
export const joinParts = (regions: readonly Grouped[]): DraftRegion[] => joinedWithPlaces(regions).regions

/** Also returns where each given region went. A group that ties more than parts stays as an attribute. */
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

/** A number as short text, rounded to `digits` decimals. */
export const fixed = (n: number, digits: number) => String(Number(n.toFixed(digits)))

/**
 * Rounds to a millionth of a pixel, so that coordinates converted to relative units and back are unchanged, half
 * pixels above all.
 */
export const snap = (n: number) => Math.round(n * 1e6) / 1e6
