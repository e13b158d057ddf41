/**
 * A mask as sorted, disjoint row intervals per column (COCO's column-major run lengths, split at the columns). A stroke touches only the
 * columns under it, whatever the size of the image.
 */
import { encodeRle, runsFromIntervals } from '#shared/geometry/rle.ts'
import type { Box, Rle } from '#shared/model/shape.ts'
import type { Point, Size } from '../plane.ts'
import { flatFromRle, type FlatMask } from './flat-mask.ts'

/** y0, y1, y0, y1, …: half-open, ascending intervals that never touch. */
export type Column = readonly number[]

export class ColumnMask {
  /** Columns are replaced, never modified, so clones may share them. */
  private constructor(
    readonly width: number,
    readonly height: number,
    private readonly columns: (Column | undefined)[],
  ) {}

  static empty = ({ width, height }: Size) => new ColumnMask(width, height, [])

  static fromFlat({ width, height, offsets, rows }: FlatMask): ColumnMask {
    const columns: number[][] = []
    for (let x = 0; x < width; x++) if (offsets[x + 1]! > offsets[x]!) columns[x] = Array.from(rows.subarray(offsets[x], offsets[x + 1]))
    return new ColumnMask(width, height, columns)
  }
  static fromRle = (rle: Rle) => ColumnMask.fromFlat(flatFromRle(rle))

  toRle(): Rle {
    return encodeRle(runsFromIntervals(this.height, this.width, this.intervals()))
  }

  private *intervals(): Generator<[number, number]> {
    for (const [x, column] of this.columns.entries())
      for (let i = 0; column && i < column.length; i += 2) yield [x * this.height + column[i]!, x * this.height + column[i + 1]!]
  }

  clone = () => new ColumnMask(this.width, this.height, this.columns.slice())
  column = (x: number): Column => this.columns[x] ?? []
  get isEmpty() {
    return !this.columns.some((c) => c && c.length > 0)
  }

  /** The same pixels on an image of another size, moved by whole pixels and clipped. */
  placed({ width, height }: Size, dx = 0, dy = 0): ColumnMask {
    const out = ColumnMask.empty({ width, height })
    for (const [x, column] of this.columns.entries())
      for (let i = 0; column && i < column.length; i += 2) out.paint(x + dx, column[i]! + dy, column[i + 1]! + dy, false)
    return out
  }

  /** Sets (or clears) rows [y0, y1) of a column; rows outside the image are ignored. */
  paint(x: number, y0: number, y1: number, erase: boolean): void {
    y0 = Math.max(0, y0)
    y1 = Math.min(this.height, y1)
    if (x < 0 || x >= this.width || y0 >= y1) return
    const old = this.columns[x]
    if (erase) {
      if (old) this.columns[x] = without(old, y0, y1)
    } else this.columns[x] = old?.length ? joined(old, y0, y1) : [y0, y1]
  }

  /** Paints every pixel whose centre is within `size / 2` of the segment from–to. Returns the box of columns and rows examined. */
  stroke(from: Point, to: Point, size: number, erase: boolean): Box {
    const r = Math.max(size / 2, 0.5)
    const x0 = Math.max(0, Math.ceil(Math.min(from.x, to.x) - r - 0.5))
    const x1 = Math.min(this.width - 1, Math.floor(Math.max(from.x, to.x) + r - 0.5))
    for (let x = x0; x <= x1; x++) {
      const span = capsuleSpan(from, to, r, x + 0.5)
      if (span) this.paint(x, Math.ceil(span[0] - 0.5), Math.floor(span[1] - 0.5) + 1, erase)
    }
    const top = Math.min(from.y, to.y) - r
    return { x: x0, y: top, w: Math.max(0, x1 + 1 - x0), h: Math.max(from.y, to.y) + r - top }
  }
}

function joined(column: Column, y0: number, y1: number): Column {
  const out: number[] = []
  let i = 0
  for (; i < column.length && column[i + 1]! < y0; i += 2) out.push(column[i]!, column[i + 1]!)
  for (; i < column.length && column[i]! <= y1; i += 2) {
    y0 = Math.min(y0, column[i]!)
    y1 = Math.max(y1, column[i + 1]!)
  }
  out.push(y0, y1)
  for (; i < column.length; i++) out.push(column[i]!)
  return out
}

function without(column: Column, y0: number, y1: number): Column {
  const out: number[] = []
  for (let i = 0; i < column.length; i += 2) {
    const [a, b] = [column[i]!, column[i + 1]!]
    if (a < y0) out.push(a, Math.min(b, y0))
    if (b > y1) out.push(Math.max(a, y1), b)
  }
  return out
}

/** The intersection of the vertical line at x with a capsule (all points within r of segment a–b): convex, so a single interval. */
function capsuleSpan(a: Point, b: Point, r: number, x: number): [number, number] | null {
  let [low, high] = [Infinity, -Infinity]
  const reach = (y: number, half: number) => {
    low = Math.min(low, y - half)
    high = Math.max(high, y + half)
  }
  for (const end of [a, b]) {
    const dx = x - end.x
    if (Math.abs(dx) <= r) reach(end.y, Math.sqrt(r * r - dx * dx))
  }
  const [dx, dy] = [b.x - a.x, b.y - a.y]
  const length = Math.hypot(dx, dy)
  if (length > 0) {
    // The rectangle between the discs: where its two long sides cross x.
    const [nx, ny] = [(-dy / length) * r, (dx / length) * r]
    for (const side of [1, -1]) {
      const [sx, sy] = [a.x + side * nx, a.y + side * ny]
      const t = dx !== 0 ? (x - sx) / dx : NaN
      if (t >= 0 && t <= 1) reach(sy + t * dy, 0)
    }
  }
  return low <= high ? [low, high] : null
}
