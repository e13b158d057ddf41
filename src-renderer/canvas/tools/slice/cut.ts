/** Cuts shapes along a line segment. An area in which the segment ends is not divided. */
import { boundsOf } from '#shared/geometry/box.ts'
import { polygonArea, polygonIntersection, polygonUnion } from '#shared/geometry/polygon.ts'
import { rleArea, rleBox, rleFromBitmap, rleToBitmap } from '#shared/geometry/rle.ts'
import { shapePolygon } from '#shared/geometry/shape.ts'
import type { PolygonPart, Ring, Rle, Shape } from '#shared/model/shape.ts'
import type { Point } from '../../types.ts'

/** A vertex closer to the line than this (pixels) counts as on it. */
const near = 1e-6

/** The pieces, largest first; undivided parts stay with the largest. Null if nothing is divided or the shape has no area. */
export function cutShape(shape: Shape, from: Point, to: Point): Shape[] | null {
  if (shape.kind === 'mask') return cutMask(shape.rle, new Line(from, to))?.map((rle) => ({ kind: 'mask', rle })) ?? null
  const parts = shapePolygon(shape)
  return (parts && cutPolygon(parts, new Line(from, to))?.map((parts) => ({ kind: 'polygon' as const, parts }))) ?? null
}

/** Coordinates along and across a line, from its start. */
class Line {
  readonly length: number
  private readonly direction: Point
  constructor(
    private readonly from: Point,
    to: Point,
  ) {
    this.length = Math.hypot(to.x - from.x, to.y - from.y)
    this.direction = { x: (to.x - from.x) / this.length, y: (to.y - from.y) / this.length }
  }
  along = (x: number, y: number) => (x - this.from.x) * this.direction.x + (y - this.from.y) * this.direction.y
  across = (x: number, y: number) => (y - this.from.y) * this.direction.x - (x - this.from.x) * this.direction.y
  at = (along: number, across: number): [number, number] => [
    this.from.x + along * this.direction.x - across * this.direction.y,
    this.from.y + along * this.direction.y + across * this.direction.x,
  ]
}

/** Union-find over `count` items. */
class Groups {
  private readonly parents: number[]
  constructor(count: number) {
    this.parents = Array.from({ length: count }, (_, i) => i)
  }
  of(i: number): number {
    while (this.parents[i] !== i) i = this.parents[i] = this.parents[this.parents[i]!]!
    return i
  }
  join(i: number, j: number): void {
    this.parents[this.of(i)] = this.of(j)
  }
}

function cutPolygon(parts: readonly PolygonPart[], line: Line): PolygonPart[][] | null {
  const pieces: PolygonPart[][] = []
  const whole: PolygonPart[] = []
  for (const part of parts) {
    const cut = cutPart(part, line)
    if (cut.length > 1) pieces.push(...cut)
    else whole.push(part)
  }
  if (!pieces.length) return null
  const [first, ...rest] = pieces.sort((a, b) => polygonArea(b) - polygonArea(a))
  return [[...first!, ...whole], ...rest]
}

/** Splits along the infinite line, then rejoins the halves that touch beyond the ends of the cut. */
function cutPart(part: PolygonPart, line: Line): PolygonPart[][] {
  const bounds = boundsOf(part[0]!)
  const far = Math.hypot(bounds.w, bounds.h) + Math.abs(line.along(bounds.x, bounds.y)) + Math.abs(line.across(bounds.x, bounds.y)) + 1
  const halves = [far, -far].map((side) => {
    const half: Ring = [...line.at(-far, 0), ...line.at(far, 0), ...line.at(far, side), ...line.at(-far, side)]
    return polygonIntersection([part], [[half]])
  })
  const [right, left] = halves as [PolygonPart[], PolygonPart[]]
  if (!right.length || !left.length) return [[part]]
  const all = [...right, ...left]
  const edges = all.map((piece) => edgesOn(piece, line))
  const groups = new Groups(all.length)
  for (let i = 0; i < right.length; i++)
    for (let j = right.length; j < all.length; j++) if (meetBeyond(edges[i]!, edges[j]!, line.length)) groups.join(i, j)
  const joined = new Map<number, PolygonPart[]>()
  for (const [i, piece] of all.entries()) {
    const group = joined.get(groups.of(i))
    joined.set(groups.of(i), group ? polygonUnion(group, [piece]) : [piece])
  }
  return [...joined.values()]
}

type Interval = readonly [from: number, to: number]

/** The edges of a piece that lie on the line, as intervals along it. */
function edgesOn(piece: PolygonPart, line: Line): Interval[] {
  const found: Interval[] = []
  for (const ring of piece)
    for (let i = 0; i < ring.length; i += 2) {
      const [x0, y0, x1, y1] = [ring[i]!, ring[i + 1]!, ring[(i + 2) % ring.length]!, ring[(i + 3) % ring.length]!]
      if (Math.abs(line.across(x0, y0)) > near || Math.abs(line.across(x1, y1)) > near) continue
      const [a, b] = [line.along(x0, y0), line.along(x1, y1)]
      found.push([Math.min(a, b), Math.max(a, b)])
    }
  return found
}
const meetBeyond = (one: readonly Interval[], other: readonly Interval[], length: number): boolean =>
  one.some(([a, b]) => other.some(([c, d]) => Math.min(b, d, 0) - Math.max(a, c) > near || Math.min(b, d) - Math.max(a, c, length) > near))

/** Pieces with fewer pixels are ignored: a slanting line leaves such specks along a border. */
const speck = 4

/** Neighbouring pixels are connected unless the line passes between their centres. */
function cutMask(rle: Rle, line: Line): Rle[] | null {
  const [height, width] = rle.size
  const bitmap = rleToBitmap(rle)
  const { x: left, y: top, w, h } = rleBox(rle)
  const groups = new Groups(w * h)
  const parted: [number, number][] = []
  const isSet = (x: number, y: number) => bitmap[(top + y) * width + left + x] === 1
  const apart = (x0: number, y0: number, x1: number, y1: number) => {
    const [a, b] = [line.across(left + x0 + 0.5, top + y0 + 0.5), line.across(left + x1 + 0.5, top + y1 + 0.5)]
    if (a >= 0 === b >= 0) return false
    const [s, t] = [line.along(left + x0 + 0.5, top + y0 + 0.5), line.along(left + x1 + 0.5, top + y1 + 0.5)]
    const at = s + ((t - s) * a) / (a - b)
    return at >= -0.5 && at <= line.length + 0.5
  }
  const meet = (x: number, y: number, x1: number, y1: number) => {
    if (x1 >= w || y1 >= h || !isSet(x1, y1)) return
    const [i, j] = [x * h + y, x1 * h + y1]
    if (apart(x, y, x1, y1)) parted.push([i, j])
    else groups.join(i, j)
  }
  for (let x = 0; x < w; x++)
    for (let y = 0; y < h; y++)
      if (isSet(x, y)) {
        meet(x, y, x, y + 1)
        meet(x, y, x + 1, y)
      }
  const cut = new Set(parted.flatMap(([i, j]) => (groups.of(i) === groups.of(j) ? [] : [groups.of(i), groups.of(j)])))
  const pieces = [...cut].map((group) => {
    const piece = new Uint8Array(height * width)
    for (let x = 0; x < w; x++)
      for (let y = 0; y < h; y++) if (isSet(x, y) && groups.of(x * h + y) === group) piece[(top + y) * width + left + x] = 1
    return { piece, rle: rleFromBitmap(piece, height, width) }
  })
  const sorted = pieces.map((p) => ({ ...p, area: rleArea(p.rle) })).filter((p) => p.area >= speck)
  const rest = sorted.sort((a, b) => b.area - a.area).slice(1)
  if (!rest.length) return null
  const first = bitmap.slice()
  for (const { piece } of rest) for (let i = 0; i < piece.length; i++) if (piece[i]) first[i] = 0
  return [rleFromBitmap(first, height, width), ...rest.map((p) => p.rle)]
}
