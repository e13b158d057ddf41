/** A mask for painting: the row intervals of all columns, one after the other in a single array. */
import { decodeCounts } from '#shared/geometry/rle.ts'
import type { Box, MaskShape, Rle } from '#shared/model/shape.ts'

/** A mask that can be read column by column. */
interface Columns {
  readonly width: number
  readonly height: number
  column(x: number): ArrayLike<number>
}

export interface FlatMask {
  width: number
  height: number
  /** Column x has rows[offsets[x]] … rows[offsets[x + 1] - 1], as y0, y1, y0, y1, … */
  offsets: Int32Array
  rows: Int32Array
}

/** @throws if the runs don't fit the size */
export function flatFromRle(rle: Rle): FlatMask {
  const [height, width] = rle.size
  const counts = decodeCounts(rle.counts)
  const offsets = new Int32Array(width + 1)
  const rows = new Int32Array(counts.length + 1 + 2 * width) // each run adds at most one interval per column
  let [x, y, used] = [0, 0, 0]
  for (let i = 0; i < counts.length; i++)
    for (let left = counts[i]!; left > 0;) {
      if (x >= width) throw new Error(`RLE runs cover more than ${height} × ${width} pixels`)
      const n = Math.min(left, height - y)
      if (i % 2 === 1) {
        rows[used++] = y
        rows[used++] = y + n
      }
      left -= n
      y += n
      if (y === height) {
        y = 0
        offsets[++x] = used
      }
    }
  if (x < width) throw new Error(`RLE runs cover less than ${height} × ${width} pixels`)
  return { width, height, offsets, rows: rows.subarray(0, used) }
}

/** Decoded masks, cached for as long as their shapes are in use. */
const decoded = new WeakMap<MaskShape, FlatMask>()
export function flatOf(shape: MaskShape): FlatMask {
  let mask = decoded.get(shape)
  if (!mask) decoded.set(shape, (mask = flatFromRle(shape.rle)))
  return mask
}

export function flatContains({ width, height, offsets, rows }: FlatMask, x: number, y: number): boolean {
  if (!(x >= 0 && y >= 0 && x < width && y < height)) return false
  const column = Math.floor(x)
  for (let k = offsets[column]!; k < offsets[column + 1]!; k += 2) if (y < rows[k + 1]!) return y >= rows[k]!
  return false
}

export function flatFromColumns(mask: Columns): FlatMask {
  const offsets = new Int32Array(mask.width + 1)
  for (let x = 0; x < mask.width; x++) offsets[x + 1] = offsets[x]! + mask.column(x).length
  const rows = new Int32Array(offsets[mask.width]!)
  for (let x = 0; x < mask.width; x++) rows.set(mask.column(x), offsets[x])
  return { width: mask.width, height: mask.height, offsets, rows }
}

/** The bounding box of the pixels that are set. */
export function flatBox({ width, offsets, rows }: FlatMask): Box {
  let [x0, x1, y0, y1] = [width, -1, Infinity, 0]
  for (let x = 0; x < width; x++) {
    const [from, to] = [offsets[x]!, offsets[x + 1]!]
    if (from === to) continue
    x0 = Math.min(x0, x)
    x1 = x
    y0 = Math.min(y0, rows[from]!)
    y1 = Math.max(y1, rows[to - 1]!)
  }
  return x1 < 0 ? { x: 0, y: 0, w: 0, h: 0 } : { x: x0, y: y0, w: x1 + 1 - x0, h: y1 - y0 }
}
