/** Label names beside the visible regions; if there are very many, only those of the largest. */
import { inkOn } from '../../format.ts'
import { boundsOfShape } from '../bounds.ts'
import type { CanvasEditor } from '../editor.ts'
import { isShown } from '../regions.ts'
import { toScreen, visibleBox } from '../view.ts'

const most = 300
/** Regions whose longer side is shorter than this (CSS px) get no name, which would hide them. */
const least = 14
const height = 16

export function paintNames(ctx: CanvasRenderingContext2D, editor: CanvasEditor): void {
  const { view, viewport, overlay } = editor
  const named = editor.regions
    .inBox(visibleBox(view, viewport))
    .filter((r) => isShown(r) && r.labelId !== null)
    .map((r) => ({ r, box: boundsOfShape(overlay.previews?.get(r.id) ?? r.shape) }))
    .filter(({ r, box }) => r.shape.kind === 'keypoints' || Math.max(box.w, box.h) * view.scale >= least)
    .sort((a, b) => b.box.w * b.box.h - a.box.w * a.box.h)
    .slice(0, most)
  ctx.font = '600 11px system-ui, sans-serif'
  ctx.textBaseline = 'middle'
  for (const { r, box } of named) {
    const label = editor.nameOf(r.labelId)
    if (!label) continue
    const name = r.track ? `${label} #${r.track.id}` : label
    const colour = editor.colourOf(r.labelId)
    const width = ctx.measureText(name).width + 8
    const corner = toScreen(view, box)
    // Beside a point, so as not to hide it.
    const at = r.shape.kind === 'keypoints' ? { x: corner.x + 7, y: corner.y - 3 } : corner
    // Above the region, or inside it if it touches the top of the window.
    const x = Math.max(0, Math.min(at.x, viewport.width - width))
    const y = at.y - height >= 0 ? at.y - height : Math.max(0, at.y)
    ctx.fillStyle = colour
    ctx.globalAlpha = r.state === 'proposed' ? 0.75 : 0.92
    ctx.fillRect(x, y, width, height)
    ctx.globalAlpha = 1
    ctx.fillStyle = inkOn(colour)
    ctx.fillText(name, x + 4, y + height / 2 + 0.5)
  }
}
