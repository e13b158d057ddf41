/** Regions at rest: one bitmap drawn by a worker, moved and scaled with the view until a sharper one arrives. */
import { boxIntersection } from '#shared/geometry/box.ts'
import type { Region } from '#shared/model/region.ts'
import type { Box } from '#shared/model/shape.ts'
import type { CanvasEditor } from '../editor.ts'
import type { PaintWindow } from '../masks/paint.ts'
import { isShown } from '../regions.ts'
import type { RegionId, Size } from '../types.ts'
import { visibleBox } from '../view.ts'
import type { FromRaster, ToRaster } from './raster-protocol.ts'
import { sceneRegion } from './scene.ts'

/** How far the bitmap extends beyond the viewport, in viewports on each side. */
const margin = 0.25
/** The longest canvas side that Chromium allows. */
const longest = 8192

export class RegionLayer {
  readonly element = document.createElement('canvas')
  private readonly context = this.element.getContext('bitmaprenderer')!
  private readonly worker = new Worker(new URL('./raster.worker.ts', import.meta.url), { type: 'module' })
  /** Each region as last sent to the worker. */
  private sent = new Map<RegionId, Region>()
  private window: PaintWindow | null = null
  private ticket = 0
  private asked: { ticket: number; key: string; except: ReadonlySet<RegionId>; revision: number } | null = null
  private busy = false
  private revision = 0
  private shownRevision = 0
  /** Regions changed since the bitmap was drawn, with the revision that includes the change. */
  private readonly fresh = new Map<RegionId, number>()
  private shownExcept: ReadonlySet<RegionId> = new Set()
  /** Milliseconds that the worker's last drawing took. */
  took = 0

  /** `onFrame` is called when a new bitmap is shown, so that regions drawn live in the meantime can be removed. */
  constructor(
    private readonly editor: CanvasEditor,
    private readonly onFrame: () => void,
  ) {
    Object.assign(this.element.style, {
      position: 'absolute',
      left: '0',
      top: '0',
      transformOrigin: '0 0',
      pointerEvents: 'none',
      willChange: 'transform',
    })
    this.worker.onmessage = ({ data }: MessageEvent<FromRaster>) => this.receive(data)
  }

  dispose(): void {
    this.worker.terminate()
    this.element.remove()
  }

  private scene = (r: Region) =>
    sceneRegion({ ...r, shape: this.editor.drawn(r.shape, r.labelId) }, this.editor.inkOf(r), this.editor.regions.ghosts.get(r.id))
  private post = (message: ToRaster) => this.worker.postMessage(message)

  /** Redraws everything, for another image or other colours. */
  load(): void {
    const visible = this.editor.regions.all().filter(isShown)
    this.sent = new Map(visible.map((r) => [r.id, r]))
    this.fresh.clear()
    this.post({ type: 'load', regions: visible.map((r) => this.scene(r)) })
    this.revision++
    this.asked = null
    this.shownExcept = new Set()
    this.context.transferFromImageBitmap(null)
    this.window = null
  }

  /** Sends the worker the regions that changed since the last call. */
  update(): void {
    const now = new Map<RegionId, Region>()
    const set: Region[] = []
    for (const r of this.editor.regions.all()) {
      if (!isShown(r)) continue
      now.set(r.id, r)
      if (this.sent.get(r.id) !== r) set.push(r)
    }
    const gone = [...this.sent.keys()].filter((id) => !now.has(id))
    if (set.length + gone.length === 0) return
    this.sent = now
    this.revision++
    for (const r of set) this.fresh.set(r.id, this.revision)
    this.post({ type: 'update', set: set.map((r) => this.scene(r)), delete: gone })
  }

  /** Regions that are no longer edited but not yet up to date in the bitmap; they are drawn live a little longer. */
  missing(held: ReadonlySet<RegionId>): RegionId[] {
    const late = [...this.fresh].filter(([, revision]) => revision > this.shownRevision).map(([id]) => id)
    return [...new Set([...late, ...this.shownExcept])].filter((id) => !held.has(id))
  }
  get settled() {
    return !this.busy && this.shownRevision === this.revision && this.asked?.ticket === this.ticket
  }

  /** Moves the bitmap with the view and requests a sharper one if needed. `held`: regions drawn live. */
  draw(held: ReadonlySet<RegionId>): void {
    const { view } = this.editor
    const w = this.window
    if (w) {
      const k = view.scale / w.scale
      this.element.style.transform = `matrix(${k},0,0,${k},${view.x + w.x * view.scale},${view.y + w.y * view.scale})`
      this.element.style.imageRendering = k > 4 ? 'pixelated' : 'auto'
    }
    this.ask(held)
  }

  private ask(held: ReadonlySet<RegionId>): void {
    const { editor } = this
    if (this.busy || !editor.image) return
    const wanted = this.wantedWindow()
    if (!wanted) return
    const style = {
      fill: editor.settings.fillOpacity,
      lineWidth: editor.settings.lineWidth * (globalThis.devicePixelRatio || 1),
      halo: true,
    }
    const { hideAll } = editor.settings
    const key = JSON.stringify([wanted, style, hideAll])
    const last = this.asked
    const same =
      last &&
      last.key === key &&
      last.revision === this.revision &&
      last.except.size === held.size &&
      [...held].every((id) => last.except.has(id))
    if (same) return
    this.busy = true
    this.asked = { ticket: ++this.ticket, key, except: new Set(held), revision: this.revision }
    this.post({ type: 'draw', ticket: this.ticket, window: wanted, style, except: [...held], hideAll })
  }

  /**
   * The window that the bitmap should cover. The current one is kept while its scale is right and it leaves a margin around the view.
   * Clipped to the image, with a rim for points outside.
   */
  private wantedWindow(): PaintWindow | null {
    const { view, viewport, image } = this.editor
    const dpr = globalThis.devicePixelRatio || 1
    const scale = view.scale * dpr
    const rim = 8 / view.scale
    const whole: Box = { x: -rim, y: -rim, w: image!.width + 2 * rim, h: image!.height + 2 * rim }
    const seen = visibleBox(view, viewport)
    const w = this.window
    const share = Math.min(margin, Math.max(0, (longest / dpr / Math.max(viewport.width, viewport.height) - 1) / 2))
    if (w?.scale === scale && covers(w, grown(seen, viewport, share / 3 / view.scale), whole)) return w
    const box = boxIntersection(grown(seen, viewport, share / view.scale), whole)
    if (!box) return w
    // Always on the same grid of whole canvas pixels, so that what is already drawn can be reused.
    const [left, top] = [Math.floor(box.x * scale), Math.floor(box.y * scale)]
    return {
      x: left / scale,
      y: top / scale,
      scale,
      width: Math.min(longest, Math.ceil((box.x + box.w) * scale) - left),
      height: Math.min(longest, Math.ceil((box.y + box.h) * scale) - top),
    }
  }

  private receive({ ticket, window, bitmap, took }: FromRaster): void {
    this.busy = false
    this.took = took
    const asked = this.asked
    if (asked?.ticket !== ticket) {
      // Another image has been opened since.
      bitmap?.close()
      return this.onFrame()
    }
    if (bitmap) {
      if (this.element.width !== bitmap.width) this.element.width = bitmap.width
      if (this.element.height !== bitmap.height) this.element.height = bitmap.height
      this.context.transferFromImageBitmap(bitmap)
    }
    this.window = window
    this.shownRevision = asked.revision
    this.shownExcept = asked.except
    for (const [id, revision] of this.fresh) if (revision <= this.shownRevision) this.fresh.delete(id)
    this.onFrame()
  }
}

/** A box grown by `share` of the viewport on each side. */
const grown = (b: Box, viewport: Size, share: number): Box => ({
  x: b.x - viewport.width * share,
  y: b.y - viewport.height * share,
  w: b.w + 2 * viewport.width * share,
  h: b.h + 2 * viewport.height * share,
})

/** Whether the window contains the part of the box inside `limit`. */
function covers(w: PaintWindow, b: Box, limit: Box): boolean {
  const part = boxIntersection(b, limit)
  return (
    !part || (part.x >= w.x && part.y >= w.y && part.x + part.w <= w.x + w.width / w.scale && part.y + part.h <= w.y + w.height / w.scale)
  )
}
