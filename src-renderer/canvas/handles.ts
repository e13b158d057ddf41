/** The frame around the selection, with its eight handles and the rotation handle. */
import type { Region } from '#shared/model/region.ts'
import type { RotatedBoxShape } from '#shared/model/shape.ts'
import { asRotatedBox, boundsOfShapes } from './transform.ts'
import type { Point } from './types.ts'

/** dir: the side or corner along the frame's own axes (-1, 0 or 1 each); null for the rotation handle. */
export interface Handle {
  dir: Point | null
  /** In image pixels. */
  at: Point
}

/** CSS pixels from the frame to its rotation handle. */
const stalk = 24

/** A single rotated box keeps its own frame; otherwise the frame is upright. Null if any of the regions can't be scaled. */
export function frameOf(regions: readonly Region[]): RotatedBoxShape | null {
  if (regions.length === 0 || regions.some((r) => r.locked || r.hidden || r.shape.kind === 'mask')) return null
  const [only] = regions
  if (regions.length === 1 && only!.shape.kind === 'rotated-box') return only!.shape
  return asRotatedBox(boundsOfShapes(regions.map((r) => r.shape)))
}

export function handlesOf(frame: RotatedBoxShape, scale: number): Handle[] {
  const at = (u: number, v: number): Point => {
    const a = (frame.angle * Math.PI) / 180
    return { x: frame.cx + u * Math.cos(a) - v * Math.sin(a), y: frame.cy + u * Math.sin(a) + v * Math.cos(a) }
  }
  const handles: Handle[] = [{ dir: null, at: at(0, -frame.h / 2 - stalk / scale) }]
  for (const y of [-1, 0, 1])
    for (const x of [-1, 0, 1]) if (x || y) handles.push({ dir: { x, y }, at: at((x * frame.w) / 2, (y * frame.h) / 2) })
  return handles
}

/** The nearest handle within reach; corners take precedence over sides. */
export function hitHandle(frame: RotatedBoxShape, scale: number, { x, y }: Point, reachPx = 7): Handle | null {
  const sides = (h: Handle) => (h.dir ? Number(h.dir.x === 0 || h.dir.y === 0) : 0)
  const d = (h: Handle) => Math.hypot(h.at.x - x, h.at.y - y) * scale
  return (
    handlesOf(frame, scale)
      .filter((h) => d(h) <= reachPx)
      .sort((a, b) => sides(a) - sides(b) || d(a) - d(b))[0] ?? null
  )
}

const cursors = ['ew-resize', 'nwse-resize', 'ns-resize', 'nesw-resize']
export function handleCursor(handle: Handle, frame: RotatedBoxShape): string {
  if (!handle.dir) return 'grab'
  const angle = (Math.atan2(handle.dir.y, handle.dir.x) * 180) / Math.PI + frame.angle
  return cursors[((Math.round(angle / 45) % 4) + 4) % 4]!
}
