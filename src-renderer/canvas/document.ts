/** The document being labelled: its regions, labels and selection. Independent of the DOM and of the tools that edit it. */
import { attributesOf, defaultsOf, type AttributeDefinition } from '#shared/model/attribute.ts'
import type { Scale } from '#shared/model/aid.ts'
import type { Author } from '#shared/model/author.ts'
import type { Label } from '#shared/model/label.ts'
import type { Region } from '#shared/model/region.ts'
import type { Box, Shape } from '#shared/model/shape.ts'
import { edgesOf, type Visibility } from '#shared/model/skeleton.ts'
import { asTracked, changedId } from './edits.ts'
import { aligned, noGuides, withGuide, type Guides, type Lines } from './grid.ts'
import { boxAbout, placed, withStates } from './keypoints.ts'
import type { MaskMaker } from './mask-maker.ts'
import { isShown, RegionStore } from './regions.ts'
import { snapTo } from './snap.ts'
import {
  defaultSettings,
  type CanvasSettings,
  type Clipboard,
  type Pixels,
  type Point,
  type RegionChange,
  type RegionEdit,
  type RegionId,
  type Size,
  type VertexRef,
} from './types.ts'
import { Viewing } from './viewing.ts'

export interface EditorOptions {
  /** The author of new regions. */
  author(): Author
  /** Called once for each gesture or command that changed regions, after the editor shows the change. */
  onEdit(edit: RegionEdit): void
  /** Returns a unique negative id for a region that is not saved yet. */
  temporaryId?(): number
}

export abstract class CanvasDocument extends Viewing {
  readonly regions = new RegionStore()
  /** In the order in which they were selected. */
  selection: readonly RegionId[] = []
  /** Selected vertices of the only selected region. */
  vertexSelection: readonly VertexRef[] = []
  /** Whether a polygon shows its vertices or the frame that scales and rotates it; a double click toggles. */
  handleMode: 'vertices' | 'frame' = 'vertices'
  hovered: RegionId | null = null
  /** Outlined although the pointer is not on them, because a list or caption elsewhere refers to them. */
  highlighted: readonly RegionId[] = []
  /** The label of new regions. */
  activeLabelId: number | null = null
  settings: CanvasSettings = defaultSettings
  clipboard: Clipboard | null = null
  /** The id of the tool in use; `lastTool` is the previous one that is not select or pan. */
  tool = 'select'
  lastTool = 'box'
  /** The pointer over the image, in image pixels; null when it is elsewhere. */
  pointer: Point | null = null
  /** The image's pixels, for tools that need them; null until they are loaded. */
  pixels: () => Pixels | null = () => null
  /** A model that makes masks of points and boxes; null if there is none. */
  masks: MaskMaker | null = null

  private labels = new Map<number, Label>()
  private temporaryIds = 0

  constructor(private readonly options: EditorOptions) {
    super()
  }

  /** Whether nothing is in progress, so that keys may apply to the region under the pointer. */
  protected abstract get atRest(): boolean
  abstract setTool(id: string): void
  /** To be called when something that the tool's state waited for is there. */
  abstract answered(): void

  // ---- Labels

  setLabels(labels: readonly Label[]): void {
    this.labels = new Map(labels.map((l) => [l.id, l]))
    this.changed('labels')
  }
  /** The attributes that regions of a label may have. */
  rulesOf = (labelId: number | null): AttributeDefinition[] => attributesOf(labelId, this.labels)
  nameOf = (labelId: number | null): string => (labelId === null ? '' : (this.labels.get(labelId)?.name ?? ''))
  colourOf = (labelId: number | null): string => (labelId === null ? undefined : this.labels.get(labelId)?.colour) ?? '#8a8f98'

  /** The label whose skeleton is drawn: the active one if it has a skeleton, else the only one that does. */
  get skeletonLabel(): Label | null {
    const active = this.activeLabelId === null ? undefined : this.labels.get(this.activeLabelId)
    if (active?.skeleton) return active
    const all = [...this.labels.values()].filter((l) => l.skeleton)
    return all.length === 1 || active === undefined ? (all[0] ?? null) : null
  }
  skeletonOf = (labelId: number | null) => (labelId === null ? null : (this.labels.get(labelId)?.skeleton ?? null))
  /** The shape as drawn: keypoints without edges of their own get those of their label's skeleton. */
  drawn(shape: Shape, labelId: number | null): Shape {
    if (shape.kind !== 'keypoints' || shape.edges?.length) return shape
    const edges = edgesOf(shape, this.skeletonOf(labelId))
    return edges.length ? { ...shape, edges: edges.map(([a, b]): [number, number] => [a, b]) } : shape
  }

  // ---- Skeletons

  private lastSkeleton: Size | null = null

  drawSkeleton(box: Box): void {
    const label = this.skeletonLabel
    if (!label?.skeleton || !this.image) return
    this.lastSkeleton = { width: box.w, height: box.h }
    this.commitNew('place skeleton', placed(box, label.skeleton, this.image), { labelId: label.id })
  }
  /** Places a skeleton of the previous size around a point; false if no label has one. */
  placeSkeleton(at: Point): boolean {
    if (!this.image || !this.skeletonLabel) return false
    this.drawSkeleton(boxAbout(at, this.lastSkeleton, this.image))
    return true
  }

  // ---- Changes

  /** A new region on top of the others, not yet part of the document. */
  newRegion(shape: Shape, from: Partial<Region> = {}): Region {
    const labelId = from.labelId === undefined ? this.activeLabelId : from.labelId
    return {
      labelId,
      attributes: defaultsOf(this.rulesOf(labelId)),
      state: 'accepted',
      hidden: false,
      locked: false,
      z: this.regions.topZ + 1,
      ...from,
      id: this.options.temporaryId?.() ?? --this.temporaryIds,
      mediaId: this.image!.mediaId,
      author: from.author ?? this.options.author(),
      shape,
    }
  }

  /** Makes the changes and tells the application; changes that alter nothing are dropped. */
  commit(action: string, changes: readonly RegionChange[]): void {
    const real = changes.filter((c) => c.before !== c.after).map(asTracked)
    if (real.length === 0) return
    this.batch(() => {
      this.apply(real)
      this.options.onEdit({ action, changes: real })
    })
  }

  /** One region's new shape; null if it is removed. */
  commitShape(action: string, id: RegionId, shape: Shape | null): void {
    const before = this.regions.get(id)
    if (before && before.shape !== shape) this.commit(action, [{ before, after: shape && { ...before, shape } }])
  }

  /** Adds a region and selects it. */
  commitNew(action: string, shape: Shape, from?: Partial<Region>): void {
    const after = this.newRegion(shape, from)
    this.batch(() => {
      this.commit(action, [{ before: null, after }])
      this.setSelection([after.id])
    })
  }

  /** Applies changes made by the application: undo, redo, another window. */
  receive(changes: readonly RegionChange[]): void {
    this.apply(changes)
  }

  protected apply(changes: readonly RegionChange[]): void {
    for (const change of changes) {
      if (change.after) this.regions.set({ ...change.after, id: this.regions.idOf(change.after.id) })
      else this.regions.delete(this.regions.idOf(changedId(change)))
    }
    const kept = this.selection.filter((id) => this.regions.get(id))
    if (kept.length < this.selection.length) this.setSelection(kept)
    this.vertexSelection = []
    this.changed('regions')
  }

  /** Called when a new region was saved and got its id; earlier edits may still use the temporary one. */
  rename(temporary: RegionId, saved: RegionId): void {
    this.regions.rename(temporary, saved)
    this.selection = this.selection.map((id) => (id === temporary ? saved : id))
    this.changed('regions', 'selection')
  }

  // ---- Selection

  get selected(): Region[] {
    return this.selection.flatMap((id) => this.regions.get(id) ?? [])
  }
  /** What commands may change: selected, not locked. */
  get editable(): Region[] {
    return this.selected.filter((r) => !r.locked)
  }
  /** What a key applies to: the selection or, if it is empty and nothing is in progress, the region under the pointer. */
  get atHand(): Region[] {
    if (this.selection.length || this.hovered === null || !this.atRest || this.settings.hideAll) return this.selected
    const under = this.regions.get(this.hovered)
    return under && isShown(under) ? [under] : []
  }

  setSelection(ids: readonly RegionId[]): void {
    const next = [...new Set(ids.map(this.regions.idOf))].filter((id) => this.regions.get(id))
    if (next.length === this.selection.length && next.every((id, i) => id === this.selection[i])) return
    this.selection = next
    this.vertexSelection = []
    this.handleMode = 'vertices'
    this.changed('selection')
  }

  setVertexSelection(refs: readonly VertexRef[]): void {
    this.vertexSelection = refs
    this.changed('selection')
  }

  /** Sets the label of new regions and of the regions that keys apply to. */
  setLabel(labelId: number | null): void {
    this.batch(() => {
      this.activeLabelId = labelId
      this.commit(
        'label',
        this.atHand
          .filter((r) => !r.locked)
          .map((before) => ({
            before,
            after:
              before.labelId === labelId
                ? before
                : { ...before, labelId, attributes: { ...defaultsOf(this.rulesOf(labelId)), ...before.attributes } },
          })),
      )
      this.changed('labels')
    })
  }

  /** Sets the visibility of keypoints (2 visible, 1 hidden, 0 not labelled) and selects them. */
  setPointStates(id: RegionId, indices: readonly number[], v: Visibility): void {
    const region = this.regions.get(id)
    if (region?.shape.kind !== 'keypoints' || region.locked || !this.image) return
    const shape = withStates(region.shape, indices, v, this.skeletonOf(region.labelId), this.image)
    // A region without any point could not be selected again.
    if (!shape.points.some((p) => p.v > 0)) return
    this.batch(() => {
      this.commitShape('change points', region.id, shape)
      this.setVertexSelection(indices.map((index) => ({ part: 0, ring: 0, index })))
    })
  }

  hover(id: RegionId | null): void {
    if (this.hovered === id) return
    this.hovered = id
    this.changed('overlay')
  }

  highlight(ids: readonly RegionId[]): void {
    if (ids.length === this.highlighted.length && ids.every((id, i) => id === this.highlighted[i])) return
    this.highlighted = ids
    this.changed('overlay')
  }

  /** Shapes that regions would get, shown instead of theirs until they are taken or dropped. */
  previews: ReadonlyMap<RegionId, Shape> | null = null
  setPreviews(previews: ReadonlyMap<RegionId, Shape> | null): void {
    if (previews === this.previews) return
    this.previews = previews
    this.changed('overlay')
  }

  // ---- Settings and snapping

  setMasks(maker: MaskMaker | null): void {
    this.masks = maker
    this.changed('settings')
  }

  set(settings: Partial<CanvasSettings>): void {
    this.settings = { ...this.settings, ...settings }
    this.changed('settings')
  }

  /** The point clamped to the image and, if snapping is on, snapped to a vertex or edge of a nearby region. */
  placed(point: Point, except?: ReadonlySet<RegionId>): { at: Point; snapped: boolean } {
    const snap = this.settings.snapping && !this.settings.hideAll ? snapTo(this.regions, point, this.reach(), except) : null
    const { width, height } = this.image!
    const lined = aligned(point, this.lines, this.reach())
    const { x, y } = snap ?? lined.at
    return { at: { x: Math.min(Math.max(x, 0), width), y: Math.min(Math.max(y, 0), height) }, snapped: snap !== null || lined.snapped }
  }

  /** The scale of lengths; null: lengths are shown in pixels. */
  scale: Scale | null = null
  setScale(scale: Scale | null): void {
    this.scale = scale
    this.changed('settings')
  }

  /** The project's guides, in pixels of the open image. */
  guides: Guides = noGuides
  setGuides(guides: Guides): void {
    this.guides = guides
    this.changed('settings')
  }
  /** Adds a guide through a point, or removes the one there. */
  toggleGuide(axis: 'x' | 'y', at: number): void {
    this.setGuides(withGuide(this.guides, axis, Math.round(at), this.reach()))
    if (!this.settings.guides) this.set({ guides: true })
  }
  /** What points snap to besides neighbouring vertices and edges. */
  get lines(): Lines {
    const { snapping, grid, gridStep, guides, snapToPixels } = this.settings
    return { guides: snapping && guides ? this.guides : noGuides, grid: snapping && grid ? gridStep : null, pixels: snapToPixels }
  }
}
