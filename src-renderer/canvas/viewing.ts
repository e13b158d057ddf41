/** The base of the editor: change notification, batched per call, and the view of the image. */
import type { Box } from '#shared/model/shape.ts'
import type { CanvasChange, CanvasImage, Point, Size } from './types.ts'
import { fitBox, zoomAbout, type View } from './view.ts'

/** How close (CSS px) the pointer must be to an outline, a vertex or a snapping target. */
export const reachPx = 7
/** The largest scale when zooming to a region: a single point would otherwise fill the window with one pixel. */
const largest = 8

/** Notifies listeners of what changed; all changes made during one call are reported together. */
class Changes {
  private readonly listeners = new Set<(what: ReadonlySet<CanvasChange>) => void>()
  private pending = new Set<CanvasChange>()
  private depth = 0

  /** Returns a function that unsubscribes. */
  subscribe(listener: (what: ReadonlySet<CanvasChange>) => void): () => void {
    this.listeners.add(listener)
    return () => this.listeners.delete(listener)
  }

  changed(...what: CanvasChange[]): void {
    for (const w of what) this.pending.add(w)
    if (this.depth === 0) this.flush()
  }

  batch<T>(body: () => T): T {
    this.depth++
    try {
      return body()
    } finally {
      if (--this.depth === 0) this.flush()
    }
  }

  private flush(): void {
    if (this.pending.size === 0) return
    const what = this.pending
    this.pending = new Set()
    for (const listener of this.listeners) listener(what)
  }
}

export abstract class Viewing extends Changes {
  image: CanvasImage | null = null
  viewport: Size = { width: 1, height: 1 }
  view: View = { x: 0, y: 0, scale: 1 }

  protected abstract viewMoved(): void

  setViewport(size: Size): void {
    // An image that fits stays fitted when the viewport changes.
    const whole = this.viewport.width <= 1 || this.showsWhole()
    this.viewport = size
    if (whole) this.fit()
    this.changed('view')
  }
  setView(view: View): void {
    this.view = view
    this.changed('view')
    this.viewMoved()
  }
  private wholeView(): View | null {
    return this.image && fitBox({ x: 0, y: 0, w: this.image.width, h: this.image.height }, this.viewport)
  }
  private showsWhole(): boolean {
    const view = this.wholeView()
    return view !== null && view.scale === this.view.scale && view.x === this.view.x && view.y === this.view.y
  }
  fit(): void {
    const view = this.wholeView()
    if (view) this.setView(view)
  }
  /** Zooms to a part of the image, with room around it. */
  zoomTo({ x, y, w, h }: Box): void {
    const least = Math.min(this.viewport.width, this.viewport.height) / largest
    const [wide, high] = [Math.max(w * 1.3, least), Math.max(h * 1.3, least)]
    this.setView(fitBox({ x: x + w / 2 - wide / 2, y: y + h / 2 - high / 2, w: wide, h: high }, this.viewport))
  }
  /** Moves the view to a part of the image that is not in it. */
  reveal({ x, y, w, h }: Box): void {
    const { scale } = this.view
    const { width, height } = this.viewport
    const [left, top] = [x * scale + this.view.x, y * scale + this.view.y]
    if (left < width && left + w * scale > 0 && top < height && top + h * scale > 0) return
    this.setView({ scale, x: width / 2 - (x + w / 2) * scale, y: height / 2 - (y + h / 2) * scale })
  }
  /** Zooms about a point in CSS pixels; by default the centre of the viewport. */
  zoom(factor: number, at: Point = { x: this.viewport.width / 2, y: this.viewport.height / 2 }): void {
    this.setView(zoomAbout(this.view, at, factor))
  }
  /** Converts a distance from CSS pixels to image pixels. */
  reach = (px: number = reachPx) => px / this.view.scale
}
