/** Two fingers pan and zoom, one draws. A drawing in progress pauses while two fingers are down. */
import type { CanvasEditor } from '../editor.ts'
import type { Point, PointerInput } from '../types.ts'
import { panBy, toImage, toScreen, zoomAbout } from '../view.ts'

/** A finger draws after moving this far (CSS px) or being alone this long (ms); until then a second finger makes it a pinch. */
const alone = { distance: 5, time: 90 }

export class Touches {
  private readonly fingers = new Map<number, Point>()
  /** A press that was not passed to the editor yet. */
  private held: { input: PointerInput; timer: ReturnType<typeof setTimeout> } | null = null
  /** The finger that draws, and its last position in image pixels. */
  private drawing: { id: number; at: Point } | null = null
  private pinched = false

  constructor(private readonly editor: CanvasEditor) {}

  down(id: number, input: PointerInput): void {
    this.fingers.set(id, input)
    if (this.fingers.size === 1) {
      this.pinched = false
      this.held = { input, timer: setTimeout(() => this.press(id), alone.time) }
    } else {
      this.pinched = true
      this.drop()
    }
  }

  move(id: number, input: PointerInput): void {
    const before = this.fingers.get(id)
    if (!before) return
    if (this.fingers.size >= 2) return this.pinch(id, before, input)
    if (this.held && Math.hypot(input.x - this.held.input.x, input.y - this.held.input.y) > alone.distance) this.press(id)
    if (!this.held) this.fingers.set(id, input)
    if (this.drawing?.id !== id) return
    this.drawing.at = toImage(this.editor.view, input)
    this.editor.pointerMove(input)
  }

  up(id: number, input: PointerInput): void {
    if (!this.fingers.has(id)) return
    if (this.held && !this.pinched) this.press(id) // a tap
    this.fingers.delete(id)
    if (this.drawing?.id !== id) return
    // If a second finger ended the drawing, release it where it was before the pinch.
    const at = this.pinched ? toScreen(this.editor.view, this.drawing.at) : input
    this.drawing = null
    this.editor.pointerUp({ ...input, ...at })
  }

  cancel(): void {
    this.drop()
    this.fingers.clear()
    if (this.drawing) this.editor.execute('cancel')
    this.drawing = null
  }

  private drop(): void {
    if (this.held) clearTimeout(this.held.timer)
    this.held = null
  }
  private press(id: number): void {
    const input = this.held?.input
    this.drop()
    if (!input) return
    this.drawing = { id, at: toImage(this.editor.view, input) }
    this.editor.pointerMove(input) // fingers cannot hover
    this.editor.pointerDown(input)
  }

  /** Keeps the two image points under the fingers in place. */
  private pinch(id: number, from: Point, to: Point): void {
    const [first, second] = [...this.fingers.keys()]
    this.fingers.set(id, { x: to.x, y: to.y })
    if (id !== first && id !== second) return
    const other = this.fingers.get(id === first ? second! : first!)!
    const spread = (p: Point) => Math.max(1, Math.hypot(p.x - other.x, p.y - other.y))
    const middle = (p: Point): Point => ({ x: (p.x + other.x) / 2, y: (p.y + other.y) / 2 })
    const [a, b] = [middle(from), middle(to)]
    this.editor.setView(zoomAbout(panBy(this.editor.view, b.x - a.x, b.y - a.y), b, spread(to) / spread(from)))
  }
}
