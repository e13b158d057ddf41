/** The image, below everything else. Brightness, contrast and opacity are applied to the element, not to the image. */
import type { CanvasEditor } from '../editor.ts'
import type { CanvasImage } from '../types.ts'
import { visibleBox } from '../view.ts'
import { ImageCache, type DecodedImage } from './images.ts'
import { levelFor, TileSource, tilesIn } from './tile-source.ts'

/** A tiled image with more pixels than this is never decoded as a whole, not even for tools that need pixels. */
const wholePixels = 60e6
const shownUrl = (image: CanvasImage | null) => image?.pyramid?.overviewUrl ?? image?.url ?? ''

/** Two by two squares of 8 CSS pixels each. */
function checkerboard(): OffscreenCanvas {
  const canvas = new OffscreenCanvas(16, 16)
  const context = canvas.getContext('2d')!
  context.fillStyle = 'rgb(128 128 128 / 16%)'
  context.fillRect(0, 0, 16, 16)
  context.fillStyle = 'rgb(128 128 128 / 34%)'
  context.fillRect(0, 0, 8, 8)
  context.fillRect(8, 8, 8, 8)
  return canvas
}

export class ImageLayer {
  readonly element = document.createElement('canvas')
  readonly cache = new ImageCache()
  /** The decoded image; for a tiled image, its overview. */
  image: DecodedImage | null = null
  private tiles: TileSource | null = null
  private whole: DecodedImage | null = null
  private url = ''
  private drawn = ''

  constructor(
    private readonly editor: CanvasEditor,
    private readonly onLoad: () => void,
    private readonly onError: (error: Error) => void,
  ) {
    Object.assign(this.element.style, { position: 'absolute', left: '0', top: '0', pointerEvents: 'none' })
    editor.pixels = () => (this.tiles ? this.wholeImage() : this.image)?.pixels() ?? null
  }

  get settled() {
    return this.image !== null && this.url === shownUrl(this.editor.image) && (this.tiles?.settled ?? true)
  }

  /** The previous image stays until the new one is loaded, unless that takes long. */
  load(): void {
    const { image } = this.editor
    const url = shownUrl(image)
    if (url === this.url) return
    this.url = url
    this.image = null
    this.whole = null
    this.tiles?.close()
    this.tiles = image?.pyramid ? new TileSource(image, image.pyramid, () => this.redraw()) : null
    this.cache.get(url).then(
      (decoded) => {
        if (this.url !== url) return
        this.image = decoded
        this.onLoad()
      },
      (error: unknown) => {
        if (this.url === url) this.onError(error instanceof Error ? error : new Error(String(error)))
      },
    )
  }

  private redraw(): void {
    this.drawn = ''
    this.onLoad()
  }

  /** The full image for tools that need pixels, fetched on first use. */
  private wholeImage(): DecodedImage | null {
    const { image } = this.editor
    if (!this.whole && image && image.width * image.height <= wholePixels)
      void this.cache
        .get(image.url)
        .then((decoded) => {
          if (this.editor.image === image) this.whole = decoded
        })
        .catch(() => undefined)
    return this.whole
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
    const state = `${this.url} ${image !== null} ${view.x} ${view.y} ${view.scale}`
    if (state === this.drawn) return
    this.drawn = state
    const context = this.element.getContext('2d')!
    context.clearRect(0, 0, this.element.width, this.element.height)
    if (!image || !editor.image) return
    if (image.translucent) this.drawChecks(context, editor.image, dpr)
    context.imageSmoothingEnabled = scale < 3
    this.drawWhole(context, editor.image, image, dpr)
    if (this.tiles) this.drawTiles(context, editor.image, this.tiles, dpr)
  }

  /** Drawn behind transparent areas: neither white nor black, which the image itself may contain. */
  private drawChecks(context: CanvasRenderingContext2D, { width, height }: CanvasImage, dpr: number): void {
    const { view } = this.editor
    const checks = context.createPattern(checkerboard(), 'repeat')!
    checks.setTransform(new DOMMatrix().translate(view.x * dpr, view.y * dpr).scale(dpr))
    context.fillStyle = checks
    context.fillRect(view.x * dpr, view.y * dpr, width * view.scale * dpr, height * view.scale * dpr)
  }

  private drawWhole(context: CanvasRenderingContext2D, { width }: CanvasImage, { levels }: DecodedImage, dpr: number): void {
    const { view, viewport } = this.editor
    const scale = view.scale * dpr
    // The smallest copy that still has at least one pixel per screen pixel.
    const perPixel = width / levels[0]!.width // above 1 for the overview of a tiled image
    const bitmap = levels[levelFor(scale * perPixel, levels.length)]!
    // Draw only the visible part: when zoomed in far, the destination of the whole image would be huge.
    const k = bitmap.width / width
    const sx = Math.max(0, Math.floor((-view.x / view.scale) * k) - 1)
    const sy = Math.max(0, Math.floor((-view.y / view.scale) * k) - 1)
    const sw = Math.min(bitmap.width, Math.ceil(((viewport.width - view.x) / view.scale) * k) + 1) - sx
    const sh = Math.min(bitmap.height, Math.ceil(((viewport.height - view.y) / view.scale) * k) + 1) - sy
    if (sw > 0 && sh > 0)
      context.drawImage(
        bitmap,
        sx,
        sy,
        sw,
        sh,
        (view.x + (sx / k) * view.scale) * dpr,
        (view.y + (sy / k) * view.scale) * dpr,
        (sw / k) * scale,
        (sh / k) * scale,
      )
  }

  /** Draws coarse tiles first and fine ones over them, so that the best loaded tile is always visible. */
  private drawTiles(context: CanvasRenderingContext2D, image: CanvasImage, tiles: TileSource, dpr: number): void {
    const { view, viewport } = this.editor
    const { side } = image.pyramid!
    const seen = visibleBox(view, viewport)
    const level = levelFor(view.scale * dpr, tiles.levels)
    const wanted = tilesIn(seen, image, level, side)
    for (let l = tiles.levels - 1; l >= level; l--) {
      const size = 2 ** l
      for (const place of l === level ? wanted : tilesIn(seen, image, l, side)) {
        const tile = tiles.get(place)
        if (!tile) continue
        // Align to whole pixels: smoothing each tile separately would leave visible seams.
        const left = Math.floor((view.x + place.x * side * size * view.scale) * dpr)
        const top = Math.floor((view.y + place.y * side * size * view.scale) * dpr)
        const right = Math.ceil((view.x + Math.min(image.width, place.x * side * size + tile.width * size) * view.scale) * dpr)
        const bottom = Math.ceil((view.y + Math.min(image.height, place.y * side * size + tile.height * size) * view.scale) * dpr)
        context.drawImage(tile, left, top, right - left, bottom - top)
      }
    }
    const middle = { x: seen.x + seen.w / 2, y: seen.y + seen.h / 2 }
    const far = (p: { x: number; y: number }) =>
      Math.hypot((p.x + 0.5) * side * 2 ** level - middle.x, (p.y + 0.5) * side * 2 ** level - middle.y)
    tiles.want(wanted.sort((a, b) => far(a) - far(b)))
  }

  dispose(): void {
    this.tiles?.close()
    this.element.remove()
  }
}
