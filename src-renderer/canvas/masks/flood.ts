import type { Pixels, Point } from '../types.ts'
import { ColumnMask } from './column-mask.ts'

/**
 * The pixels connected to `seed` (by sides) that differ from it by at most `tolerance` in every channel. Works on runs of rows, column by
 * column; each run is searched once for neighbours to its left and right.
 */
export function floodFill({ data, width, height }: Pixels, seed: Point, tolerance: number): ColumnMask {
  const mask = ColumnMask.empty({ width, height })
  const [sx, sy] = [Math.floor(seed.x), Math.floor(seed.y)]
  if (sx < 0 || sy < 0 || sx >= width || sy >= height) return mask
  const seen = new Uint8Array(width * height)
  const at = 4 * (sy * width + sx)
  const [r, g, b] = [data[at]!, data[at + 1]!, data[at + 2]!]
  const wanted = (x: number, y: number) => {
    const i = y * width + x
    if (seen[i]) return false
    const p = 4 * i
    return Math.abs(data[p]! - r) <= tolerance && Math.abs(data[p + 1]! - g) <= tolerance && Math.abs(data[p + 2]! - b) <= tolerance
  }
  const todo: number[] = [sx, sy]
  while (todo.length) {
    const y = todo.pop()!
    const x = todo.pop()!
    if (!wanted(x, y)) continue
    let [y0, y1] = [y, y + 1]
    while (y0 > 0 && wanted(x, y0 - 1)) y0--
    while (y1 < height && wanted(x, y1)) y1++
    for (let i = y0; i < y1; i++) seen[i * width + x] = 1
    mask.paint(x, y0, y1, false)
    for (const nx of [x - 1, x + 1]) {
      if (nx < 0 || nx >= width) continue
      // One seed for each run of the neighbouring column.
      let inside = false
      for (let i = y0; i < y1; i++) {
        const now = wanted(nx, i)
        if (now && !inside) todo.push(nx, i)
        inside = now
      }
    }
  }
  return mask
}
