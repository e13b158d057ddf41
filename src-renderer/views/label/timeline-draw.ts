/** Paints the timeline: only the visible part, however many frames and tracks there are. */
import type { TrackSpans } from '#shared/contract/tracks.ts'

export const rowHeight = 20
export const rulerHeight = 20

/** The visible frames: the first one (may be fractional), and CSS pixels per frame. */
export interface Window {
  from: number
  step: number
}

export interface Look {
  width: number
  height: number
  ratio: number
  /** The vertical scroll position of the rows. */
  top: number
  frames: number
  at: number
  window: Window
  tracks: readonly TrackSpans[]
  selected: ReadonlySet<number>
  colourOf: (labelId: number | null) => string
  ink: { text: string; muted: string; border: string; accent: string; panel: string; ground: string }
}

export const frameAt = (x: number, { from, step }: Window, frames: number) =>
  Math.min(Math.max(Math.floor(from + x / step), 0), Math.max(frames - 1, 0))

/** Zoomed out, the frames fill at least the window; zoomed in, a frame is at most this wide. */
export const largestStep = 28
export const fitting = (width: number, frames: number) => Math.min(largestStep, width / Math.max(frames, 1))
export function clamped({ from, step }: Window, width: number, frames: number): Window {
  const wide = Math.min(Math.max(step, fitting(width, frames)), Math.max(largestStep, fitting(width, frames)))
  return { step: wide, from: Math.min(Math.max(from, 0), Math.max(0, frames - width / wide)) }
}

export function drawTimeline(ctx: CanvasRenderingContext2D, look: Look): void {
  const { width, height, ratio, window, ink } = look
  ctx.setTransform(ratio, 0, 0, ratio, 0, 0)
  ctx.clearRect(0, 0, width, height)
  const x = (frame: number) => (frame - window.from) * window.step
  const here = x(look.at)
  ctx.fillStyle = ink.accent
  ctx.globalAlpha = 0.16
  ctx.fillRect(here, 0, Math.max(window.step, 2), height)
  ctx.globalAlpha = 1
  rows(ctx, look, x)
  ruler(ctx, look, x)
  ctx.fillStyle = ink.accent
  ctx.fillRect(Math.round(here + window.step / 2) - 1, rulerHeight - 4, 2, height)
}

function rows(ctx: CanvasRenderingContext2D, look: Look, x: (frame: number) => number): void {
  const { width, height, top, tracks, window, ink, selected } = look
  const first = Math.max(0, Math.floor(top / rowHeight))
  const last = Math.min(tracks.length - 1, Math.ceil((top + height - rulerHeight) / rowHeight))
  const [left, right] = [window.from - 1, window.from + width / window.step + 1]
  for (let i = first; i <= last; i++) {
    const track = tracks[i]!
    const y = rulerHeight + i * rowHeight - top
    if (selected.has(track.id)) {
      ctx.fillStyle = ink.ground
      ctx.fillRect(0, y, width, rowHeight)
    }
    const middle = y + rowHeight / 2
    ctx.fillStyle = look.colourOf(track.labelId)
    ctx.globalAlpha = selected.has(track.id) ? 0.7 : 0.42
    for (const [from, to] of track.spans)
      if (to >= left && from <= right) ctx.fillRect(x(from) + 1, middle - 3, Math.max((to - from + 1) * window.step - 2, 1.5), 6)
    ctx.globalAlpha = 1
    const ends = new Set(track.ends)
    let drawn = -Infinity
    for (const key of track.keys) {
      const at = x(key) + window.step / 2
      if (key < left || key > right || (at - drawn < 2 && !ends.has(key))) continue
      drawn = at
      mark(ctx, at, middle, ends.has(key), ink.panel)
    }
  }
}

/** A diamond; a bar at its right where the track ends. */
function mark(ctx: CanvasRenderingContext2D, x: number, y: number, end: boolean, rim: string): void {
  ctx.beginPath()
  ctx.moveTo(x, y - 6)
  ctx.lineTo(x + 5, y)
  ctx.lineTo(x, y + 6)
  ctx.lineTo(x - 5, y)
  ctx.closePath()
  ctx.strokeStyle = rim
  ctx.lineWidth = 2
  ctx.stroke()
  ctx.fill()
  if (end) ctx.fillRect(x + 6, y - 6, 2, 12)
}

/** Frame numbers from 1, spaced so that they do not overlap. */
function ruler(ctx: CanvasRenderingContext2D, { width, window, frames, ink }: Look, x: (frame: number) => number): void {
  ctx.fillStyle = ink.panel
  ctx.fillRect(0, 0, width, rulerHeight)
  ctx.fillStyle = ink.border
  ctx.fillRect(0, rulerHeight - 1, width, 1)
  const every = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000, 20_000].find((n) => n * window.step >= 52) ?? 50_000
  ctx.font = '10.5px system-ui, sans-serif'
  ctx.textBaseline = 'middle'
  ctx.textAlign = 'center'
  const begin = Math.max(1, Math.floor(window.from / every) * every)
  for (let n = begin; n <= Math.min(frames, window.from + width / window.step + 1); n += n === 1 && every > 1 ? every - 1 : every) {
    const at = x(n - 1) + window.step / 2
    ctx.fillStyle = ink.border
    ctx.fillRect(Math.round(at), rulerHeight - 5, 1, 4)
    ctx.fillStyle = ink.muted
    ctx.fillText(String(n), Math.max(at, 4 + 3 * String(n).length), rulerHeight / 2 - 1.5)
  }
}
