/** The minimap, shown when zoomed in: it frames the visible part; pressing or dragging on it moves the view. */
import type { CanvasEditor } from '../editor.ts'
import { visibleBox } from '../view.ts'
import type { DecodedImage } from './images.ts'

const longest = 160

export class Minimap {
  readonly element = document.createElement('canvas')
  private thumbnail: { of: DecodedImage; canvas: OffscreenCanvas } | null = null

  constructor(private readonly editor: CanvasEditor) {
    Object.assign(this.element.style, {
      position: 'absolute',
      right: '12px',
      bottom: '12px',
      display: 'none',
      borderRadius: '4px',
      boxShadow: '0 1px 4px #0008',
      cursor: 'pointer',
    })
    this.element.setAttribute('aria-hidden', 'true')
    this.element.addEventListener('pointerdown', (e) => {
      e.stopPropagation()
      this.element.setPointerCapture(e.pointerId)
      this.centre(e)
    })
    this.element.addEventListener('pointermove', (e) => {
      e.stopPropagation()
      if (e.buttons & 1) this.centre(e)
    })
    this.element.addEventListener('pointerup', (e) => e.stopPropagation())
  }

  private centre(e: PointerEvent): void {
    const { image, view, viewport } = this.editor
    if (!image) return
    const k = image.width / this.element.width
    this.editor.setView({
      ...view,
      x: viewport.width / 2 - e.offsetX * k * view.scale,
      y: viewport.height / 2 - e.offsetY * k * view.scale,
    })
  }

  draw(decoded: DecodedImage | null): void {
    const { image, view, viewport, settings } = this.editor
    const seen = visibleBox(view, viewport)
    const all = image && seen.x <= 1 && seen.y <= 1 && seen.x + seen.w >= image.width - 1 && seen.y + seen.h >= image.height - 1
    const shown = Boolean(settings.minimap && decoded && image && !all)
    this.element.style.display = shown ? 'block' : 'none'
    if (!shown) return
    if (this.thumbnail?.of !== decoded) this.thumbnail = { of: decoded!, canvas: thumbnailOf(decoded!) }
    const { canvas } = this.thumbnail!
    if (this.element.width !== canvas.width) this.element.width = canvas.width
    if (this.element.height !== canvas.height) this.element.height = canvas.height
    const ctx = this.element.getContext('2d')!
    ctx.drawImage(canvas, 0, 0)
    const k = canvas.width / image!.width
    ctx.lineWidth = 2
    ctx.strokeStyle = '#fff'
    ctx.strokeRect(seen.x * k, seen.y * k, seen.w * k, seen.h * k)
    ctx.lineWidth = 1
    ctx.strokeStyle = '#0b6e63'
    ctx.strokeRect(seen.x * k, seen.y * k, seen.w * k, seen.h * k)
  }
}

function thumbnailOf({ width, height, levels }: DecodedImage): OffscreenCanvas {
  const k = longest / Math.max(width, height)
  const canvas = new OffscreenCanvas(Math.max(1, Math.round(width * k)), Math.max(1, Math.round(height * k)))
  const ctx = canvas.getContext('2d')!
  ctx.imageSmoothingQuality = 'medium'
  ctx.drawImage(levels.at(-1)!, 0, 0, canvas.width, canvas.height)
  return canvas
}
