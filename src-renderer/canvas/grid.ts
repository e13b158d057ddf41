/** Snapping to guides, the grid and whole pixels, each axis on its own. Pure functions. */
import type { Box } from '#shared/model/shape.ts'
import type { Point } from './types.ts'

/** Line positions in image pixels. */
export interface Guides {
  /** Positions of vertical lines. */
  x: readonly number[]
  /** Positions of horizontal lines. */
  y: readonly number[]
}
export const noGuides: Guides = { x: [], y: [] }

export interface Lines {
  guides: Guides
  /** Side of a grid cell in image pixels; null if there is no grid. */
  grid: number | null
  pixels: boolean
}

/** The nearest guide within reach, else the nearest grid line within reach, else (if enabled) the nearest whole pixel. Never −0. */
export function alongAxis(v: number, guides: readonly number[], { grid, pixels }: Pick<Lines, 'grid' | 'pixels'>, reach: number): number {
  const guide = guides.reduce<number | null>((best, g) => (best === null || Math.abs(g - v) < Math.abs(best - v) ? g : best), null)
  if (guide !== null && Math.abs(guide - v) <= reach) return guide + 0
  if (grid !== null && grid > 0) {
    const line = Math.round(v / grid) * grid
    if (Math.abs(line - v) <= reach) return line + 0
  }
  return (pixels ? Math.round(v) : v) + 0
}

export function aligned(point: Point, lines: Lines, reach: number): { at: Point; snapped: boolean } {
  const at = { x: alongAxis(point.x, lines.guides.x, lines, reach), y: alongAxis(point.y, lines.guides.y, lines, reach) }
  // A whole pixel is always near, so it does not count as snapped.
  const free = { ...lines, pixels: false }
  return {
    at,
    snapped: alongAxis(point.x, lines.guides.x, free, reach) !== point.x || alongAxis(point.y, lines.guides.y, free, reach) !== point.y,
  }
}

/** The move closest to (dx, dy) that aligns one side of the box with a guide, a grid line or a whole pixel. */
export function alignedMove(box: Box, dx: number, dy: number, lines: Lines, reach: number): Point {
  const along = (from: number, size: number, by: number, guides: readonly number[]) => {
    const lined = { grid: lines.grid, pixels: false }
    const shifts = [from + by, from + size + by]
      .map((v) => alongAxis(v, guides, lined, reach) - v)
      .filter((shift) => shift !== 0)
      .sort((a, b) => Math.abs(a) - Math.abs(b))
    const onLine = [from + by, from + size + by].some((v) => guides.includes(v) || (lines.grid !== null && v % lines.grid === 0))
    if (onLine) return by
    if (shifts.length) return by + shifts[0]!
    return lines.pixels ? Math.round(from + by) - from : by
  }
  return { x: along(box.x, box.w, dx, lines.guides.x), y: along(box.y, box.h, dy, lines.guides.y) }
}

/** Adds a line, or removes the one that is already there. */
export function withGuide(guides: Guides, axis: 'x' | 'y', at: number, reach: number): Guides {
  const there = guides[axis].filter((g) => Math.abs(g - at) <= reach)
  const rest = guides[axis].filter((g) => !there.includes(g))
  return { ...guides, [axis]: there.length ? rest : [...rest, at].sort((a, b) => a - b) }
}

/** Moves one guide; null removes it. */
export const movedGuide = (guides: Guides, axis: 'x' | 'y', from: number, to: number | null): Guides => ({
  ...guides,
  [axis]: [...guides[axis].filter((g) => g !== from), ...(to === null ? [] : [to])].sort((a, b) => a - b),
})

/**
 * The smallest step of a ruler or grid with lines at least this many screen pixels apart: 1, 2 or 5 times a power of ten, or of the cell.
 */
export function stepFor(scale: number, least: number, cell = 1): number {
  const wanted = least / scale / cell
  if (wanted <= 1) return cell
  const power = 10 ** Math.floor(Math.log10(wanted))
  return cell * power * ([1, 2, 5, 10].find((k) => k * power >= wanted) ?? 10)
}
