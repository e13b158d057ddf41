/** Handles, vertices and the tool's overlay: one Fabric object on top, drawn in CSS pixels. */
import { FabricObject } from 'fabric'
import type { RotatedBoxShape } from '#shared/model/shape.ts'
import { rotatedBoxRing } from '#shared/geometry/box.ts'
import type { CanvasEditor } from '../editor.ts'
import { frameOf, handlesOf } from '../handles.ts'
import { selectionFrame, vertexRegion } from '../tools/select/selection.ts'
import type { Overlay, Point } from '../types.ts'
import { linesOf } from '../vertices.ts'
import { toScreen } from '../view.ts'
import { paintLines } from './lines.ts'
import { paintGhostNames, paintNames } from './names.ts'
import { paintPrompt } from './prompt.ts'
import { paintPointNames } from './point-names.ts'
import { accent, twoTone } from './ink.ts'
import { paintRuler } from './ruler.ts'
import { trace } from './scene.ts'

/** Vertices closer than this (CSS px) to the previous one get no handle, but can still be dragged. */
const spacing = 5

export class Decorations extends FabricObject {
  static override type = 'Decorations'
  constructor(private readonly editor: CanvasEditor) {
    super({ objectCaching: false, selectable: false, evented: false })
  }

  /** Whether nothing is drawn, whatever the view. */
  get isEmpty(): boolean {
    const { selection, settings, overlay, hovered } = this.editor
    return (
      !settings.grid &&
      !settings.guides &&
      this.editor.regions.ghosts.size === 0 &&
      selection.length === 0 &&
      hovered === null &&
      !settings.crosshair &&
      !settings.names &&
      Object.keys(overlay).length === 0
    )
  }

  override render(ctx: CanvasRenderingContext2D): void {
    const dpr = globalThis.devicePixelRatio || 1
    ctx.save()
    ctx.setTransform(dpr, 0, 0, dpr, 0, 0)
    const { editor } = this
    const { overlay } = editor
    paintLines(ctx, editor)
    if (!editor.settings.hideAll) {
      this.vertices(ctx, overlay)
      this.frame(ctx, overlay)
      if (editor.settings.names) paintNames(ctx, editor)
      paintGhostNames(ctx, editor)
      paintPointNames(ctx, editor)
    }
    if (editor.settings.crosshair) this.crosshair(ctx)
    this.inProgress(ctx, overlay)
    this.marks(ctx, overlay)
    ctx.restore()
  }

  private at = (p: Point) => toScreen(this.editor.view, p)

  private vertices(ctx: CanvasRenderingContext2D, overlay: Overlay): void {
    const { editor } = this
    const region = vertexRegion(editor)
    if (!region) return
    const shape = overlay.previews?.get(region.id) ?? region.shape
    const { view, viewport } = editor
    ctx.lineWidth = 1.5
    ctx.strokeStyle = editor.inkOf(region)
    ctx.fillStyle = '#fff'
    ctx.beginPath()
    for (const { points } of linesOf(shape)) {
      let [lastX, lastY] = [NaN, NaN]
      for (let i = 0; i < points.length; i += 2) {
        const x = points[i]! * view.scale + view.x
        const y = points[i + 1]! * view.scale + view.y
        if (!(x >= -4 && y >= -4 && x <= viewport.width + 4 && y <= viewport.height + 4)) continue
        if (Math.abs(x - lastX) < spacing && Math.abs(y - lastY) < spacing) continue
        ctx.rect(x - 3, y - 3, 6, 6)
        lastX = x
        lastY = y
      }
    }
    ctx.fill()
    ctx.stroke()
    ctx.fillStyle = accent
    for (const ref of editor.vertexSelection) {
      const line = linesOf(shape).find((l) => l.part === ref.part && l.ring === ref.ring)
      const [x, y] = [line?.points[2 * ref.index], line?.points[2 * ref.index + 1]]
      if (x === undefined || y === undefined) continue
      const p = this.at({ x, y })
      ctx.fillRect(p.x - 4, p.y - 4, 8, 8)
    }
  }

  private frame(ctx: CanvasRenderingContext2D, overlay: Overlay): void {
    const { editor } = this
    if (!selectionFrame(editor)) return
    const shown = editor.selected.map((r) => ({ ...r, shape: overlay.previews?.get(r.id) ?? r.shape }))
    const frame: RotatedBoxShape | null = frameOf(shown)
    if (!frame) return
    const ring = rotatedBoxRing(frame)
    const handles = handlesOf(frame, editor.view.scale)
    ctx.strokeStyle = accent
    ctx.lineWidth = 1
    ctx.beginPath()
    for (let i = 0; i < 8; i += 2) {
      const p = this.at({ x: ring[i]!, y: ring[i + 1]! })
      if (i) ctx.lineTo(p.x, p.y)
      else ctx.moveTo(p.x, p.y)
    }
    ctx.closePath()
    const turn = this.at(handles[0]!.at)
    const top = this.at({ x: (ring[0]! + ring[2]!) / 2, y: (ring[1]! + ring[3]!) / 2 })
    ctx.moveTo(top.x, top.y)
    ctx.lineTo(turn.x, turn.y)
    ctx.stroke()
    ctx.fillStyle = '#fff'
    ctx.beginPath()
    for (const h of handles) {
      const p = this.at(h.at)
      if (h.dir) ctx.rect(p.x - 4, p.y - 4, 8, 8)
      else {
        ctx.moveTo(p.x + 5, p.y)
        ctx.arc(p.x, p.y, 5, 0, 2 * Math.PI)
      }
    }
    ctx.fill()
    ctx.stroke()
  }

  private crosshair(ctx: CanvasRenderingContext2D): void {
    const { pointer, viewport } = this.editor
    if (!pointer) return
    const p = this.at(pointer)
    ctx.beginPath()
    ctx.moveTo(0, p.y)
    ctx.lineTo(viewport.width, p.y)
    ctx.moveTo(p.x, 0)
    ctx.lineTo(p.x, viewport.height)
    twoTone(ctx, 1)
  }

  private inProgress(ctx: CanvasRenderingContext2D, overlay: Overlay): void {
    const { editor } = this
    const { view, viewport } = editor
    const colour = overlay.colour ?? editor.colourOf(editor.activeLabelId)
    ctx.beginPath()
    if (overlay.draft) trace(ctx, overlay.draft, { x: -view.x / view.scale, y: -view.y / view.scale, scale: view.scale, ...viewport })
    if (overlay.line) {
      const { line } = overlay
      for (let i = 0; i < line.length; i += 2) {
        const p = this.at({ x: line[i]!, y: line[i + 1]! })
        if (i) ctx.lineTo(p.x, p.y)
        else ctx.moveTo(p.x, p.y)
      }
    }
    twoTone(ctx, 2, colour)
    if (overlay.line && overlay.line.length < 2000) {
      ctx.fillStyle = '#fff'
      ctx.strokeStyle = colour
      ctx.beginPath()
      for (let i = 0; i < overlay.line.length; i += 2) {
        const p = this.at({ x: overlay.line[i]!, y: overlay.line[i + 1]! })
        ctx.rect(p.x - 2.5, p.y - 2.5, 5, 5)
      }
      ctx.fill()
      ctx.stroke()
    }
  }

  private marks(ctx: CanvasRenderingContext2D, { marquee, snap, ghost, brush, ruler, prompt }: Overlay): void {
    const { scale } = this.editor.view
    if (marquee) {
      const p = this.at(marquee)
      ctx.fillStyle = accent + '22'
      ctx.fillRect(p.x, p.y, marquee.w * scale, marquee.h * scale)
      ctx.strokeStyle = accent
      ctx.lineWidth = 1
      ctx.strokeRect(p.x, p.y, marquee.w * scale, marquee.h * scale)
    }
    for (const [mark, radius] of [
      [snap, 7],
      [ghost, 4],
    ] as const) {
      if (!mark) continue
      const p = this.at(mark)
      ctx.beginPath()
      ctx.arc(p.x, p.y, radius, 0, 2 * Math.PI)
      twoTone(ctx, 1.5, accent)
    }
    if (brush) {
      const p = this.at(brush.at)
      ctx.beginPath()
      ctx.arc(p.x, p.y, Math.max(1, (brush.size / 2) * scale), 0, 2 * Math.PI)
      twoTone(ctx, 1, brush.erase ? '#d62728' : '#000')
    }
    if (ruler) paintRuler(ctx, this.editor, ruler)
    if (prompt) paintPrompt(ctx, this.editor.view, prompt)
  }
}
