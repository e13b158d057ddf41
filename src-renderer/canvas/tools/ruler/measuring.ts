import type { CanvasEditor } from '../../editor.ts'
import type { Overlay, Point, PointerInfo } from '../../types.ts'
import { DragState, type Next } from '../state.ts'
import { RulerIdle } from './idle.ts'

export class RulerMeasuring extends DragState {
  readonly path = 'ruler.measuring'
  constructor(
    editor: CanvasEditor,
    private readonly points: readonly Point[],
    private to: Point,
  ) {
    super(editor)
  }
  override onPointerMove(e: PointerInfo): Next {
    this.to = this.editor.placed(e.point).at
    return undefined
  }
  /** A press without a drag measures nothing, and takes away what was measured. */
  protected override complete = () => {
    const last = this.points.at(-1)!
    const moved = this.to.x !== last.x || this.to.y !== last.y
    return new RulerIdle(this.editor, moved ? [...this.points, this.to] : this.points.length > 1 ? this.points : [])
  }
  protected override idle = () => new RulerIdle(this.editor)
  override overlay(): Overlay {
    return { ruler: [...this.points, this.to] }
  }
}
