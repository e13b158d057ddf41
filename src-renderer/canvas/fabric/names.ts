/** Label names beside the visible regions; if there are very many, only those of the largest. Ghosts are always named. */
import { boxIntersection } from '#shared/geometry/box.ts'
import type { Box } from '#shared/model/shape.ts'
import type { Region } from '#shared/model/region.ts'
import { inkOn } from '../../format.ts'
import { boundsOfShape } from '../bounds.ts'
import type { CanvasEditor } from '../editor.ts'
import { isShown } from '../regions.ts'
import type { Ghost } from '../types.ts'
import { toScreen, visibleBox } from '../view.ts'

const most = 300
/** Regions whose longer side is shorter than this (CSS px) get no name, which would hide them. */
const least = 14
const height = 16
type Context = CanvasRenderingContext2D

/** Those in view that are large enough to be named. */
function inView(editor: CanvasEditor, wanted: (r: Region) => boolean): { r: Region; box: Box }[] {
  const { view, viewport, overlay } = editor
  return editor.regions
    .inBox(visibleBox(view, viewport))
    .filter((r) => isShown(r) && wanted(r))
    .map((r) => ({ r, box: boundsOfShape(overlay.previews?.get(r.id) ?? r.shape) }))
    .filter(({ r, box }) => r.shape.kind === 'keypoints' || Math.max(box.w, box.h) * view.scale >= least)
}
function begin(ctx: Context): void {
  ctx.font = '600 11px system-ui, sans-serif'
  ctx.textBaseline = 'middle'
}

/** Measuring is slow, and the same few names are drawn with every frame. */
const widths = new Map<string, number>()
function widthOf(ctx: Context, name: string): number {
  let width = widths.get(name)
  if (width === undefined) {
    if (widths.size > 5000) widths.clear()
    widths.set(name, (width = ctx.measureText(name).width + 8))
  }
  return width
}

/** Where a name stands, in CSS pixels. */
function placeOf(ctx: Context, { view, viewport }: CanvasEditor, r: Region, box: Box, name: string): Box {
  const width = widthOf(ctx, name)
  const corner = toScreen(view, box)
  // Beside a point, so as not to hide it.
  const at = r.shape.kind === 'keypoints' ? { x: corner.x + 7, y: corner.y - 3 } : corner
  // Above the region, or inside it if it touches the top of the window.
  const x = Math.max(0, Math.min(at.x, viewport.width - width))
  const y = at.y - height >= 0 ? at.y - height : Math.max(0, at.y)
  return { x, y, w: width, h: height }
}
function paintName(ctx: Context, { x, y, w }: Box, name: string, colour: string, alpha: number): void {
  ctx.fillStyle = colour
  ctx.globalAlpha = alpha
  ctx.fillRect(x, y, w, height)
  ctx.globalAlpha = 1
  ctx.fillStyle = inkOn(colour)
  ctx.fillText(name, x + 4, y + height / 2 + 0.5)
}

export function paintNames(ctx: Context, editor: CanvasEditor): void {
  begin(ctx)
  const named = inView(editor, (r) => r.labelId !== null && editor.regions.isSaved(r))
    .sort((a, b) => b.box.w * b.box.h - a.box.w * a.box.h)
    .slice(0, most)
  for (const { r, box } of named) {
    const label = editor.nameOf(r.labelId)
    if (!label) continue
    const name = r.track ? `${label} #${r.track.id}` : label
    paintName(ctx, placeOf(ctx, editor, r, box, name), name, editor.colourOf(r.labelId), r.state === 'proposed' ? 0.75 : 0.92)
  }
}

/** With their scores, those of the best first: none covers another. Where a region lies already, only a selected ghost is named. */
export function paintGhostNames(ctx: Context, editor: CanvasEditor): void {
  const { ghosts } = editor.regions
  if (!ghosts.size) return
  begin(ctx)
  const rankOf = ({ r, ghost }: { r: Region; ghost: Ghost }) => ghost.score + Number(editor.selection.includes(r.id))
  const named = inView(editor, ({ id }) => ghosts.get(id)?.covered === false || (ghosts.has(id) && editor.selection.includes(id)))
    .map((entry) => ({ ...entry, ghost: ghosts.get(entry.r.id)! }))
    .sort((a, b) => rankOf(b) - rankOf(a))
    .slice(0, most)
  const taken: Box[] = []
  for (const { r, box, ghost } of named) {
    const name = `${ghost.name} ${Math.round(100 * ghost.score)}%`.trim()
    const place = placeOf(ctx, editor, r, box, name)
    if (taken.some((other) => boxIntersection(place, other))) continue
    taken.push(place)
    paintName(ctx, place, name, ghost.colour, 0.8)
  }
}
