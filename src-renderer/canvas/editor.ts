/** The document being labelled, what is selected, how it is seen, and the tool at work. No DOM: events come in as plain data. */
import { attributesOf, defaultsOf, type AttributeDefinition } from '#shared/model/attribute.ts'
import type { Scale, Template } from '#shared/model/aid.ts'
import type { Author } from '#shared/model/author.ts'
import type { Label } from '#shared/model/label.ts'
import type { Region } from '#shared/model/region.ts'
import type { Box, Shape } from '#shared/model/shape.ts'
import { edgesOf, type Visibility } from '#shared/model/skeleton.ts'
import { commands, insertAt, type Clipboard } from './commands.ts'
import { asTracked, changedId } from './edits.ts'
import { aligned, noGuides, withGuide, type Guides, type Lines } from './grid.ts'
import { boxAbout, placed, withStates } from './keypoints.ts'
import { isShown, RegionStore } from './regions.ts'
import type { CanvasAction } from './shortcuts.ts'
import { snapTo } from './snap.ts'
import { tools } from './tools/index.ts'
import type { StateAction, ToolState } from './tools/state.ts'
import {
  defaultSettings,
  type CanvasImage,
  type CanvasSettings,
  type Overlay,
  type Pixels,
  type Point,
  type PointerInfo,
  type PointerInput,
  type RegionChange,
  type RegionEdit,
  type RegionId,
  type Size,
  type ToolName,
  type VertexRef,
} from './types.ts'
import { panBy, toImage, type View } from './view.ts'
import { Viewing } from './viewing.ts'

export interface EditorOptions {
  /** Who draws. */
  author(): Author
  /** Called once for each gesture or command that changed regions, after the editor shows the change. */
  onEdit(edit: RegionEdit): void
  /** Names a region until it is saved: negative, never twice. */
  temporaryId?(): number
}

/** Two presses are a double click within this time (ms) and distance (CSS px). */
const doubleClick = { time: 400, distance: 5 }
const stateActions: ReadonlySet<string> = new Set<StateAction>(['confirm', 'cancel', 'remove-last', 'delete', 'undo', 'redo'])

export class CanvasEditor extends Viewing {
  readonly regions = new RegionStore()
  /** In the order in which they were selected. */
  selection: readonly RegionId[] = []
  /** Of the one region selected. */
  vertexSelection: readonly VertexRef[] = []
  /** Does a polygon show its vertices, or the frame that scales and turns it? A double click changes over. */
  handleMode: 'vertices' | 'frame' = 'vertices'
  hovered: RegionId | null = null
  /** Outlined though the pointer is not on them: whoever shows the regions elsewhere points at them. */
  highlighted: readonly RegionId[] = []
  /** Of new regions. */
  activeLabelId: number | null = null
  settings: CanvasSettings = defaultSettings
  clipboard: Clipboard | null = null
  state: ToolState
  tool: ToolName = 'select'
  lastTool: ToolName = 'box'
  /** The pointer over the image, in image pixels; null when it is elsewhere. */
  pointer: Point | null = null
  /** The image's pixels, for tools that look at it; null until they are there. */
  pixels: () => Pixels | null = () => null

  private labels = new Map<number, Label>()
  private temporaryIds = 0
  private panning: { from: Point; view: View } | null = null
  private panHeld = false
  private lastInput: PointerInput | null = null
  private lastPress: { at: Point; time: number; button: number } | null = null

  constructor(private readonly options: EditorOptions) {
    super()
    this.state = tools.select.start(this)
  }

  // ---- The document

  /** Shows another image. A drawing in progress is dropped; tool, settings, clipboard and active label stay. */
  open(image: CanvasImage, regions: readonly Region[]): void {
    this.batch(() => {
      this.state.onExit()
      this.image = image
      this.regions.load(regions)
      this.setSelection([])
      this.hovered = null
      this.highlighted = []
      this.panning = null
      this.enter(tools[this.tool].start(this))
      this.fit()
      this.changed('image', 'regions')
    })
  }

  setLabels(labels: readonly Label[]): void {
    this.labels = new Map(labels.map((l) => [l.id, l]))
    this.changed('labels')
  }
  /** What may be said of regions of a label. */
  rulesOf = (labelId: number | null): AttributeDefinition[] => attributesOf(labelId, this.labels)
  nameOf = (labelId: number | null): string => (labelId === null ? '' : (this.labels.get(labelId)?.name ?? ''))
  colourOf = (labelId: number | null): string => (labelId === null ? undefined : this.labels.get(labelId)?.colour) ?? '#8a8f98'

  /** The label that a skeleton is drawn of: the active one, or the only one that has any. */
  get skeletonLabel(): Label | null {
    const active = this.activeLabelId === null ? undefined : this.labels.get(this.activeLabelId)
    if (active?.skeleton) return active
    const all = [...this.labels.values()].filter((l) => l.skeleton)
    return all.length === 1 || active === undefined ? (all[0] ?? null) : null
  }
  skeletonOf = (labelId: number | null) => (labelId === null ? null : (this.labels.get(labelId)?.skeleton ?? null))
  /** As it is drawn: points without edges of their own are joined as their label's skeleton is. */
  drawn(shape: Shape, labelId: number | null): Shape {
    if (shape.kind !== 'keypoints' || shape.edges?.length) return shape
    const edges = edgesOf(shape, this.skeletonOf(labelId))
    return edges.length ? { ...shape, edges: edges.map(([a, b]): [number, number] => [a, b]) } : shape
  }
  private lastSkeleton: Size | null = null

  drawSkeleton(box: Box): void {
    const label = this.skeletonLabel
    if (!label?.skeleton || !this.image) return
    this.lastSkeleton = { width: box.w, height: box.h }
    this.commitNew('place skeleton', placed(box, label.skeleton, this.image), { labelId: label.id })
  }
  /** As large as the one before, about a point; false where no label has a skeleton. */
  placeSkeleton(at: Point): boolean {
    if (!this.image || !this.skeletonLabel) return false
    this.drawSkeleton(boxAbout(at, this.lastSkeleton, this.image))
    return true
  }

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
      author: this.options.author(),
      shape,
    }
  }

  /** Makes the changes and tells the application. Nothing happens where nothing differs. */
  commit(action: string, changes: readonly RegionChange[]): void {
    const real = changes.filter((c) => c.before !== c.after).map(asTracked)
    if (real.length === 0) return
    this.batch(() => {
      this.apply(real)
      this.options.onEdit({ action, changes: real })
    })
  }

  /** One region's new shape (null: it is gone). */
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

  /** Changes that the application made: undo, redo, another window. */
  receive(changes: readonly RegionChange[]): void {
    this.batch(() => {
      const touched = new Set(changes.map(changedId))
      // A gesture on a region that changed under it has lost its ground.
      if (this.state.overlay().previews && this.selection.some((id) => touched.has(id))) this.enter(tools[this.tool].start(this))
      this.apply(changes)
    })
  }

  private apply(changes: readonly RegionChange[]): void {
    for (const change of changes) {
      if (change.after) this.regions.set({ ...change.after, id: this.regions.idOf(change.after.id) })
      else this.regions.delete(this.regions.idOf(changedId(change)))
    }
    const kept = this.selection.filter((id) => this.regions.get(id))
    if (kept.length < this.selection.length) this.setSelection(kept)
    this.vertexSelection = []
    this.changed('regions')
  }

  /** The application saved a new region and gave it its id; edits told before it may still name the temporary one. */
  rename(temporary: RegionId, saved: RegionId): void {
    this.regions.rename(temporary, saved)
    this.selection = this.selection.map((id) => (id === temporary ? saved : id))
    this.changed('regions', 'selection')
  }

  // ---- Selection and labels

  get selected(): Region[] {
    return this.selection.flatMap((id) => this.regions.get(id) ?? [])
  }
  /** What commands may change: selected, not locked. */
  get editable(): Region[] {
    return this.selected.filter((r) => !r.locked)
  }
  /** What a key means: those selected; where none is, and the hand is free, the region under the pointer. */
  get atHand(): Region[] {
    if (this.selection.length || this.hovered === null || this.state.path !== 'select.idle' || this.settings.hideAll) return this.selected
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

  /** The label of regions to come, and of those at hand. */
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

  /** Points of keypoints: 2 to be seen, 1 hidden, 0 not labelled; they are chosen afterwards. */
  setPointStates(id: RegionId, indices: readonly number[], v: Visibility): void {
    const region = this.regions.get(id)
    if (region?.shape.kind !== 'keypoints' || region.locked || !this.image) return
    const shape = withStates(region.shape, indices, v, this.skeletonOf(region.labelId), this.image)
    // Without any point there is nothing that could be selected again.
    if (!shape.points.some((p) => p.v > 0)) return
    this.batch(() => {
      this.commitShape('change points', region.id, shape)
      this.setVertexSelection(indices.map((index) => ({ part: 0, ring: 0, index })))
    })
  }

  // ---- The view

  /** The pointer now stands over another pixel: lines that follow it must. */
  protected override viewMoved(): void {
    if (!this.lastInput || !this.pointer || this.panning) return
    const e = this.info(this.lastInput)
    this.pointer = e.point
    this.changed('pointer')
    this.follow(this.state.onViewMove(e))
  }

  // ---- Settings and tools

  set(settings: Partial<CanvasSettings>): void {
    this.settings = { ...this.settings, ...settings }
    this.changed('settings')
  }

  setTool(name: ToolName): void {
    if (name === this.tool) return
    this.batch(() => {
      this.state.onExit()
      if (this.tool !== 'select' && this.tool !== 'pan') this.lastTool = this.tool
      this.tool = name
      this.hovered = null
      this.enter(tools[name].start(this))
      this.changed('tool')
    })
  }

  private enter(state: ToolState): void {
    this.state = state
    this.changed('overlay')
  }

  // ---- Input

  /** Space is held: whatever the tool, a drag pans, and a drawing in progress goes on afterwards. */
  holdPan(held: boolean): void {
    this.panHeld = held
    this.changed('overlay')
  }

  get cursor(): string {
    return this.panning ? 'grabbing' : this.panHeld ? 'grab' : this.state.cursor
  }
  get overlay(): Overlay {
    return this.state.overlay()
  }

  pointerDown(input: PointerInput): void {
    this.lastInput = input
    if (!this.image || this.panning) return
    if (input.button === 1 || (input.button === 0 && (this.panHeld || this.tool === 'pan'))) {
      this.panning = { from: { x: input.x, y: input.y }, view: this.view }
      this.changed('overlay')
      return
    }
    const last = this.lastPress
    const double =
      last !== null &&
      last.button === input.button &&
      input.time - last.time < doubleClick.time &&
      Math.hypot(last.at.x - input.x, last.at.y - input.y) < doubleClick.distance
    // A third press begins anew.
    this.lastPress = double ? null : { at: { x: input.x, y: input.y }, time: input.time, button: input.button }
    this.follow(this.state.onPointerDown(this.info(input, double)))
  }

  pointerMove(input: PointerInput): void {
    this.lastInput = input
    if (this.panning) {
      this.view = panBy(this.panning.view, input.x - this.panning.from.x, input.y - this.panning.from.y)
      this.changed('view')
    } else if (this.image) this.move(input)
  }

  private move(input: PointerInput): void {
    const e = this.info(input)
    this.pointer = e.point
    this.changed('pointer')
    this.follow(this.state.onPointerMove(e))
  }

  pointerUp(input: PointerInput): void {
    this.lastInput = input
    if (this.panning) {
      if (input.button !== 0 && input.button !== 1) return
      this.panning = null
      this.changed('overlay')
    } else if (this.image) this.follow(this.state.onPointerUp(this.info(input)))
  }

  pointerLeave(): void {
    this.pointer = null
    this.hover(null)
    this.changed('pointer')
  }

  /** Ctrl + wheel zooms about the pointer, the wheel alone scrolls; distances in CSS pixels. */
  wheel(input: Point & { deltaX: number; deltaY: number; ctrl: boolean; shift: boolean }): void {
    // A pinch on a trackpad comes as small steps with Ctrl, a wheel's notch as 100 or more.
    if (input.ctrl) this.zoom(Math.exp(-input.deltaY * (Math.abs(input.deltaY) < 50 ? 0.01 : 0.0025)), input)
    else if (input.shift && !input.deltaX) this.setView(panBy(this.view, -input.deltaY, 0))
    else this.setView(panBy(this.view, -input.deltaX, -input.deltaY))
    if (this.panning) this.panning = { from: { x: input.x, y: input.y }, view: this.view }
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

  private info(input: PointerInput, double = false): PointerInfo {
    const { shift, alt, ctrl, button } = input
    const screen = { x: input.x, y: input.y }
    return { point: toImage(this.view, screen), screen, button, pressed: (input.buttons & 1) === 1, double, shift, alt, ctrl }
  }

  private follow(next: ToolState | undefined): void {
    if (next) this.enter(next)
    else this.changed('overlay')
  }

  /** Inside the image, and on a neighbour's vertex or edge where snapping is on and one is near. */
  placed(point: Point, except?: ReadonlySet<RegionId>): { at: Point; snapped: boolean } {
    const snap = this.settings.snapping && !this.settings.hideAll ? snapTo(this.regions, point, this.reach(), except) : null
    const { width, height } = this.image!
    const lined = aligned(point, this.lines, this.reach())
    const { x, y } = snap ?? lined.at
    return { at: { x: Math.min(Math.max(x, 0), width), y: Math.min(Math.max(y, 0), height) }, snapped: snap !== null || lined.snapped }
  }

  /** Of lengths; null: they are said in pixels. */
  scale: Scale | null = null
  setScale(scale: Scale | null): void {
    this.scale = scale
    this.changed('settings')
  }

  /** Its regions at the place where they were drawn (`by` null), or moved, kept within the image; one step. */
  placeTemplate({ regions }: Template, by: Point | null): boolean {
    return insertAt(this, 'place template', regions, by)
  }

  /** Those of the project, in pixels of whatever image is open. */
  guides: Guides = noGuides
  setGuides(guides: Guides): void {
    this.guides = guides
    this.changed('settings')
  }
  /** A guide through a point, or none where there is one. */
  toggleGuide(axis: 'x' | 'y', at: number): void {
    this.setGuides(withGuide(this.guides, axis, Math.round(at), this.reach()))
    if (!this.settings.guides) this.set({ guides: true })
  }
  /** What is kept to beside the neighbours' vertices and edges. */
  get lines(): Lines {
    const { snapping, grid, gridStep, guides, snapToPixels } = this.settings
    return { guides: snapping && guides ? this.guides : noGuides, grid: snapping && grid ? gridStep : null, pixels: snapToPixels }
  }

  // ---- Actions

  /** False where the canvas has nothing to do for it now, so that the application may. */
  execute(action: CanvasAction): boolean {
    return this.batch(() => {
      if (stateActions.has(action)) {
        const answer = this.state.onAction(action as StateAction)
        if (answer !== false) {
          if (answer !== true) this.enter(answer)
          this.changed('overlay')
          return true
        }
      }
      return commands[action](this)
    })
  }
}
