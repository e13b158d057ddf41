/** Regions of an image as shares of the patches that a model sees of it. */
import { decodeRle } from '#shared/geometry/rle.ts'
import type { Rle } from '#shared/model/shape.ts'
import type { Size } from './planes.ts'
import type { Views } from './views.ts'

/** A patch in fractions of the image's sides. */
interface Patch {
  readonly x: number
  readonly y: number
  readonly w: number
  readonly h: number
}

/** The patches of all windows of a canvas, one window's after the other's, in row-major order. @param patch its side in pixels */
export function patchesOf({ canvas, windows }: Views, window: Size, patch: number): Patch[] {
  const [rows, columns] = [Math.floor(window.height / patch), Math.floor(window.width / patch)]
  const [w, h] = [patch / canvas.width, patch / canvas.height]
  return windows.flatMap(({ x, y }) =>
    Array.from({ length: rows * columns }, (_, i) => ({
      x: (x + (i % columns) * patch) / canvas.width,
      y: (y + Math.floor(i / columns) * patch) / canvas.height,
      w,
      h,
    })),
  )
}

/** Points at which a patch is looked at, along each side. */
const POINTS = 6

/**
 * Of each region the share that each patch has in it, summing to 1: the masks, the largest first, and what none of them covers; or
 * without masks the cells of a grid. Never more than `most`, and at least one; a mask that no patch's points meet is left out.
 */
export function regionShares(
  masks: readonly { readonly mask: Rle }[],
  patches: readonly Patch[],
  { grid, most }: { readonly grid: number; readonly most: number },
): Float32Array[] {
  if (!masks.length) return cells(patches, grid)
  const inside = masks.map(({ mask }) => within(mask))
  const found = inside.map((isIn) => countIn(patches, isIn))
  const rest = countIn(patches, (x, y) => !inside.some((isIn) => isIn(x, y)))
  const regions = [...found.sort((a, b) => sum(b) - sum(a)).slice(0, most - 1), rest].filter((r) => sum(r) > 0)
  return regions.map(toShares)
}

function cells(patches: readonly Patch[], grid: number): Float32Array[] {
  const all = Array.from({ length: grid * grid }, (_, cell) => {
    const [left, top] = [(cell % grid) / grid, Math.floor(cell / grid) / grid]
    return countIn(patches, (x, y) => x >= left && x < left + 1 / grid && y >= top && y < top + 1 / grid)
  })
  return all.filter((cell) => sum(cell) > 0).map(toShares)
}

type Contains = (x: number, y: number) => boolean

/** Whether a point, in fractions of the image's sides, is in a mask. */
function within(mask: Rle): Contains {
  const { width, height, counts } = decodeRle(mask)
  const bitmap = new Uint8Array(width * height)
  let at = 0
  counts.forEach((n, run) => {
    if (run % 2) bitmap.fill(1, at, at + n)
    at += n
  })
  return (x, y) => bitmap[Math.min(width - 1, Math.floor(x * width)) * height + Math.min(height - 1, Math.floor(y * height))] === 1
}

/** How many of the points of each patch are in a region. */
function countIn(patches: readonly Patch[], isIn: Contains): Float32Array {
  return Float32Array.from(patches, ({ x, y, w, h }) => {
    let n = 0
    for (let i = 0; i < POINTS; i++)
      for (let j = 0; j < POINTS; j++) n += Number(isIn(x + ((j + 0.5) / POINTS) * w, y + ((i + 0.5) / POINTS) * h))
    return n
  })
}

const sum = (row: Float32Array): number => row.reduce((a, b) => a + b, 0)

function toShares(row: Float32Array): Float32Array {
  const total = sum(row)
  return row.map((n) => n / total)
}
