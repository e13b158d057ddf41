/** The Fabric canvas, which holds only the regions being edited. */
import { StaticCanvas } from 'fabric'
import type { Region } from '#shared/model/region.ts'
import type { Shape } from '#shared/model/shape.ts'
import type { CanvasEditor } from '../editor.ts'
import type { PaintWindow } from '../masks/paint.ts'
import { isShown } from '../regions.ts'
import type { RegionId } from '../types.ts'
import { Decorations } from './decorations.ts'
import { LiveRegion, type Look } from './live-region.ts'
import { faintness, type Style } from './scene.ts'

export class LiveLayer {
  readonly element = document.createElement('canvas')
  private readonly canvas: StaticCanvas
  private readonly decorations: Decorations
  private readonly objects = new Map<RegionId, LiveRegion>()
  /** A mask being drawn that belongs to no region yet. */
  private draft: LiveRegion | null = null

  private empty = false

  constructor(private readonly editor: CanvasEditor) {
    this.canvas = new StaticCanvas(this.element, { renderOnAddRemove: false, skipOffscreen: false, enableRetinaScaling: true })
    Object.assign(this.element.style, { position: 'absolute', left: '0', top: '0', pointerEvents: 'none' })
    this.decorations = new Decorations(editor)
  }

  dispose(): void {
    void this.canvas.dispose()
    this.element.remove()
  }

  resize(): void {
    this.canvas.setDimensions(this.editor.viewport)
    this.empty = false
  }

  /** The regions that this layer draws; no other layer may draw them. */
  held(): Set<RegionId> {
    const { selection, overlay } = this.editor
    return new Set([...selection, ...(overlay.previews?.keys() ?? []), ...(overlay.maskOf !== undefined ? [overlay.maskOf] : [])])
  }

  /** `missing`: no longer edited, but not yet drawn by the layer below. */
  draw(held: ReadonlySet<RegionId>, missing: readonly RegionId[]): void {
    const { editor } = this
    const { overlay } = editor
    const hovered = [...(editor.hovered === null ? [] : [editor.hovered]), ...editor.highlighted]
      .map(editor.regions.idOf)
      .filter((id) => !held.has(id))
    const regions = (editor.settings.hideAll ? [] : [...new Set([...missing, ...hovered, ...held])])
      .flatMap((id) => editor.regions.get(id) ?? [])
      .filter(isShown)
      .sort((a, b) => a.z - b.z)
    const seen = new Set(regions.map((r) => r.id))
    for (const id of this.objects.keys()) if (!seen.has(id)) this.objects.delete(id)
    for (const r of regions) {
      const shape = editor.drawn(overlay.previews?.get(r.id) ?? r.shape, r.labelId)
      const object = this.object(r.id, shape, this.look(r, held, missing))
      object.columns = overlay.maskOf === r.id ? (overlay.mask ?? null) : null
    }
    this.draft = overlay.mask && overlay.maskOf === undefined ? this.newMask(overlay.mask) : null
    const empty = regions.length === 0 && !this.draft && this.decorations.isEmpty
    if (empty && this.empty) return // panning or zooming an empty layer need not touch this canvas
    this.empty = empty
    this.canvas.remove(...this.canvas.getObjects())
    this.canvas.add(...regions.map((r) => this.objects.get(r.id)!), ...(this.draft ? [this.draft] : []), this.decorations)
    this.canvas.renderAll()
  }

  private look(r: Region, held: ReadonlySet<RegionId>, missing: readonly RegionId[]): Look {
    const selected = held.has(r.id)
    return {
      colour: this.editor.inkOf(r),
      faint: faintness(this.editor.regions.ghosts.get(r.id)),
      selected,
      proposed: r.state === 'proposed',
      between: r.track?.frame === 'between',
      outlineOnly: !selected && !missing.includes(r.id),
    }
  }

  private object(id: RegionId, shape: Shape, look: Look): LiveRegion {
    let object = this.objects.get(id)
    if (!object) this.objects.set(id, (object = new LiveRegion(shape, look, this.window, this.style)))
    object.shape = shape
    object.look = look
    return object
  }

  private newMask(mask: NonNullable<CanvasEditor['overlay']['mask']>): LiveRegion {
    const colour = this.editor.colourOf(this.editor.activeLabelId)
    const object =
      this.draft ??
      new LiveRegion(
        { kind: 'polygon', parts: [] },
        { colour, faint: 1, selected: true, proposed: false, between: false, outlineOnly: false },
        this.window,
        this.style,
      )
    object.columns = mask
    return object
  }

  private window = (): PaintWindow => {
    const { view } = this.editor
    const dpr = globalThis.devicePixelRatio || 1
    return {
      x: -view.x / view.scale,
      y: -view.y / view.scale,
      scale: view.scale * dpr,
      width: this.element.width,
      height: this.element.height,
    }
  }
  private style = (): Style => ({
    fill: this.editor.settings.fillOpacity,
    lineWidth: this.editor.settings.lineWidth * (globalThis.devicePixelRatio || 1),
    halo: true,
  })
}
