/** The document with its view and the tool in use. No DOM: events come in as plain data. */
import type { Template } from '#shared/model/aid.ts'
import type { Region } from '#shared/model/region.ts'
import { commands, type CanvasCommand } from './commands/index.ts'
import { insertAt } from './commands/insert.ts'
import type { EditorOptions } from './document.ts'
import { changedId } from './edits.ts'
import { GhostedDocument } from './ghosts.ts'
import type { Answer, Next, StateAction, ToolState } from './tool-state.ts'
import { done, stateActions } from './tool-state.ts'
import { toolOf } from './tools.ts'
import type { CanvasImage, Overlay, Point, PointerInfo, PointerInput, RegionChange } from './types.ts'
import { panBy, toImage, type View } from './view.ts'

/** Two presses are a double click within this time (ms) and distance (CSS px). */
const doubleClick = { time: 400, distance: 5 }
const forStates: ReadonlySet<string> = new Set(stateActions)

/** A command, or a switch to another tool. */
export type CanvasAction = CanvasCommand | `tool-${string}`

export class CanvasEditor extends GhostedDocument {
  state: ToolState

  private panning: { from: Point; view: View } | null = null
  private panHeld = false
  private lastInput: PointerInput | null = null
  private lastPress: { at: Point; time: number; button: number } | null = null

  constructor(options: EditorOptions) {
    super(options)
    this.state = toolOf(this.tool).start(this)
  }
  protected override get atRest(): boolean {
    return this.state.path === 'select.idle'
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
      this.restart()
      this.fit()
      this.changed('image', 'regions')
    })
  }

  override receive(changes: readonly RegionChange[]): void {
    this.batch(() => {
      const touched = new Set(changes.map(changedId))
      // A gesture on a region that has changed meanwhile cannot continue.
      if (this.state.overlay().previews && this.selection.some((id) => touched.has(id))) this.restart()
      super.receive(changes)
    })
  }
  /** Places a template's regions where they were drawn (`by` null) or moved and kept within the image, as one undo step. */
  placeTemplate({ regions }: Template, by: Point | null): boolean {
    return insertAt(this, 'place template', regions, by)
  }

  // ---- The view

  /** The pointer is now over another pixel, so lines that follow it must be updated. */
  protected override viewMoved(): void {
    if (!this.lastInput || !this.pointer || this.panning) return
    const e = this.info(this.lastInput)
    this.pointer = e.point
    this.changed('pointer')
    this.follow(this.state.onViewMove(e))
  }

  // ---- Tools

  setTool(id: string): void {
    if (id === this.tool) return
    const tool = toolOf(id)
    this.batch(() => {
      this.state.onExit()
      if (toolOf(this.tool).section !== 'look') this.lastTool = this.tool
      this.tool = id
      this.hovered = null
      this.enter(tool.start(this))
      this.changed('tool')
    })
  }
  private restart(): void {
    this.enter(toolOf(this.tool).start(this))
  }

  private enter(state: ToolState): void {
    this.state = state
    this.changed('overlay')
  }

  // ---- Input

  /** While Space is held, dragging pans with any tool; a drawing in progress continues afterwards. */
  holdPan(held: boolean): void {
    this.panHeld = held
    this.changed('overlay')
  }

  get cursor(): string {
    return this.panning ? 'grabbing' : this.panHeld ? 'grab' : (this.state.cursor ?? toolOf(this.tool).cursor)
  }
  get overlay(): Overlay {
    return { ...(this.previews && { previews: this.previews }), ...this.state.overlay() }
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
    // A third press starts a new click.
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
    // A trackpad pinch arrives as small steps with Ctrl, a wheel notch as 100 or more.
    if (input.ctrl) this.zoom(Math.exp(-input.deltaY * (Math.abs(input.deltaY) < 50 ? 0.01 : 0.0025)), input)
    else if (input.shift && !input.deltaX) this.setView(panBy(this.view, -input.deltaY, 0))
    else this.setView(panBy(this.view, -input.deltaX, -input.deltaY))
    if (this.panning) this.panning = { from: { x: input.x, y: input.y }, view: this.view }
  }

  private info(input: PointerInput, double = false): PointerInfo {
    const { shift, alt, ctrl, button } = input
    const screen = { x: input.x, y: input.y }
    return { point: toImage(this.view, screen), screen, button, pressed: (input.buttons & 1) === 1, double, shift, alt, ctrl }
  }

  override answered(): void {
    this.batch(() => this.follow(this.state.onAnswer()))
  }

  private follow(next: Next): void {
    if (next === done) this.restart()
    else if (next) this.enter(next)
    else this.changed('overlay')
  }

  // ---- Actions

  /** Returns false if the canvas has nothing to do, so that the application may handle the action. */
  execute(action: CanvasAction): boolean {
    return this.batch(() => {
      if (forStates.has(action)) {
        const answer: Answer = this.state.onAction(action as StateAction)
        if (answer !== false) {
          this.follow(answer === true ? undefined : answer)
          return true
        }
      }
      if (action in commands) return commands[action as CanvasCommand].run(this)
      this.setTool(action.slice('tool-'.length))
      return true
    })
  }
}
