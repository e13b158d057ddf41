import { FabricObject } from 'fabric'
import { boxIntersection } from '#shared/geometry/box.ts'
import type { Shape } from '#shared/model/shape.ts'
import { flatBox, flatFromColumns, flatOf, type FlatMask } from '../masks/flat-mask.ts'
import type { ColumnMask } from '../masks/column-mask.ts'
import { MaskCanvas, type PaintWindow } from '../masks/paint.ts'
import { dashOf, haloOf, maskFill, paintHidden, trace, withAlpha, type Style } from './scene.ts'

export interface Look {
  colour: string
  /** Of a ghost that is not selected: below 1. */
  faint: number
  selected: boolean
  proposed: boolean
  between: boolean
  /** A hovered region is already drawn by the layer below; only its outline is added. */
  outlineOnly: boolean
}

/** A region being edited, drawn in canvas pixels. */
export class LiveRegion extends FabricObject {
  static override type = 'LiveRegion'
  private painted: { key: string; of: FlatMask; canvas: OffscreenCanvas; x: number; y: number } | null = null

  constructor(
    public shape: Shape,
    public look: Look,
    private readonly window: () => PaintWindow,
    private readonly style: () => Style,
  ) {
    super({ objectCaching: false, selectable: false, evented: false })
  }

  /** Drawn instead of `shape` while a brush is in use. */
  columns: ColumnMask | null = null

  override render(ctx: CanvasRenderingContext2D): void {
    ctx.save()
    ctx.setTransform(1, 0, 0, 1, 0, 0)
    if (this.columns || this.shape.kind === 'mask') this.renderMask(ctx)
    else this.renderVector(ctx)
    ctx.restore()
  }

  private renderVector(ctx: CanvasRenderingContext2D): void {
    const { colour, faint, selected, outlineOnly } = this.look
    const { fill, lineWidth, halo } = this.style()
    ctx.lineJoin = 'round'
    ctx.beginPath()
    const area = trace(ctx, this.shape, this.window(), 3 * lineWidth)
    if (area && !outlineOnly) {
      ctx.fillStyle = withAlpha(colour, selected ? fill : fill * faint)
      ctx.fill('evenodd')
    }
    if (selected || outlineOnly || halo) {
      ctx.strokeStyle = selected || outlineOnly ? '#ffffffb0' : faint < 1 ? '#ffffff99' : haloOf(colour)
      ctx.lineWidth = lineWidth * (selected || outlineOnly ? 3 : 2.4)
      ctx.stroke()
    }
    ctx.strokeStyle = colour
    ctx.lineWidth = selected || outlineOnly ? lineWidth * 1.5 : lineWidth
    ctx.setLineDash(dashOf(this.look, lineWidth))
    ctx.stroke()
    if (this.shape.kind === 'keypoints') {
      ctx.fillStyle = colour
      ctx.fill()
      paintHidden(ctx, this.shape, this.window(), 3 * lineWidth)
    }
  }

  private mask(): FlatMask | null {
    if (this.columns) return flatFromColumns(this.columns)
    return this.shape.kind === 'mask' ? flatOf(this.shape) : null
  }

  private renderMask(ctx: CanvasRenderingContext2D): void {
    const mask = this.mask()
    if (!mask) return
    const w = this.window()
    const style = this.style()
    const key = JSON.stringify([w, style, this.look])
    if (this.painted?.key !== key || this.painted.of !== mask) this.painted = this.paintMask(mask, w, style, key)
    if (!this.painted) return
    // A rim that is visible on light and dark backgrounds, whatever the mask's colour.
    ctx.shadowColor = '#fff'
    ctx.shadowBlur = this.look.selected || this.look.outlineOnly ? 2.5 * style.lineWidth : 0
    ctx.drawImage(this.painted.canvas, this.painted.x, this.painted.y)
  }

  private paintMask(mask: FlatMask, w: PaintWindow, style: Style, key: string): typeof this.painted {
    const b = flatBox(mask)
    const [x, y] = [Math.floor((b.x - w.x) * w.scale), Math.floor((b.y - w.y) * w.scale)]
    const seen = boxIntersection(
      { x, y, w: Math.ceil((b.x + b.w - w.x) * w.scale) - x, h: Math.ceil((b.y + b.h - w.y) * w.scale) - y },
      { x: 0, y: 0, w: w.width, h: w.height },
    )
    if (!seen) return null
    const part: PaintWindow = { scale: w.scale, x: w.x + seen.x / w.scale, y: w.y + seen.y / w.scale, width: seen.w, height: seen.h }
    const paint = new MaskCanvas(part)
    paint.paint(
      mask,
      this.look.colour,
      this.look.outlineOnly ? 0.2 : this.look.selected ? maskFill(style) + 0.1 : maskFill(style) * this.look.faint,
      1,
    )
    const canvas = new OffscreenCanvas(seen.w, seen.h)
    canvas.getContext('2d')!.putImageData(new ImageData(paint.toRgba(), seen.w, seen.h), 0, 0)
    return { key, of: mask, canvas, x: seen.x, y: seen.y }
  }
}
