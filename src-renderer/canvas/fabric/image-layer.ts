/** The image under everything. Brightness, contrast and opacity are the element's, not the image's. */
import type { CanvasEditor } from '../editor.ts'
import { ImageCache, type DecodedImage } from './images.ts'

export class ImageLayer {
  readonly element = document.createElement('canvas')
  readonly cache = new ImageCache()
  image: DecodedImage | null = null
  private url = ''
  private drawn = ''

  constructor(
    private readonly editor: CanvasEditor,
    private readonly onLoad: () => void,
    private readonly onError: (error: Error) => void,
  ) {
    Object.assign(this.element.style, { position: 'absolute', left: '0', top: '0', pointerEvents: 'none' })
    editor.pixels = () => (this.settled ? (this.image?.pixels() ?? null) : null)
  }

  get settled() {
    return this.image !== null && this.url === this.editor.image?.url
  }

  /** The image before stays until the new one is there, unless that takes long. */
  load(): void {
    const url = this.editor.image?.url ?? ''
    if (url === this.url) return
    this.url = url
    this.image = null
    this.cache.get(url).then(
      (image) => {
        if (this.url !== url) return
        this.image = image
        this.onLoad()
      },
      (error: unknown) => {
        if (this.url === url) this.onError(error instanceof Error ? error : new Error(String(error)))
      },
    )
  }

  resize(): void {
    const dpr = globalThis.devicePixelRatio || 1
    const { width, height } = this.editor.viewport
    this.element.width = Math.round(width * dpr)
    this.element.height = Math.round(height * dpr)
    Object.assign(this.element.style, { width: `${width}px`, height: `${height}px` })
    this.drawn = ''
  }

  style(): void {
    const { brightness, contrast, imageOpacity } = this.editor.settings
    this.element.style.filter = brightness === 1 && contrast === 1 ? '' : `brightness(${brightness}) contrast(${contrast})`
    this.element.style.opacity = String(imageOpacity)
  }

  draw(): void {
    const { editor, image } = this
    const { view } = editor
    const dpr = globalThis.devicePixelRatio || 1
    const scale = view.scale * dpr
    // The smallest copy that still has a pixel for each of the screen's.
    const level = image ? Math.min(image.levels.length - 1, Math.max(0, Math.floor(Math.log2(1 / scale)))) : 0
    const state = `${this.url} ${image !== null} ${level} ${view.x} ${view.y} ${view.scale}`
    if (state === this.drawn) return
    this.drawn = state
    const context = this.element.getContext('2d')!
    context.clearRect(0, 0, this.element.width, this.element.height)
    if (!image || !editor.image) return
    const bitmap = image.levels[level]!
    context.imageSmoothingEnabled = scale < 3
    // Only what is seen of it: far zoomed in, the whole would be a huge destination.
    const k = bitmap.width / editor.image.width
    const sx = Math.max(0, Math.floor((-view.x / view.scale) * k) - 1)
    const sy = Math.max(0, Math.floor((-view.y / view.scale) * k) - 1)
    const sw = Math.min(bitmap.width, Math.ceil(((editor.viewport.width - view.x) / view.scale) * k) + 1) - sx
    const sh = Math.min(bitmap.height, Math.ceil(((editor.viewport.height - view.y) / view.scale) * k) + 1) - sy
    if (sw > 0 && sh > 0)
      context.drawImage(bitmap, sx, sy, sw, sh, (view.x + (sx / k) * view.scale) * dpr, (view.y + (sy / k) * view.scale) * dpr, (sw / k) * scale, (sh / k) * scale)
  }
}
