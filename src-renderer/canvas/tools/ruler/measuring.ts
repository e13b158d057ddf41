import type { CanvasDocument } from '../../document.ts'
import type { Overlay, Point, PointerInfo } from '../../types.ts'
import { DragState, type Next, type ToolState } from '../../tool-state.ts'

export class RulerMeasuring extends DragState {
  readonly path = 'ruler.measuring'
  constructor(
    editor: CanvasDocument,
    private readonly points: readonly Point[],
    private to: Point,
    /** Creates the next state once the line is measured. */
    private readonly measured: (points: readonly Point[]) => ToolState,
  ) {
    super(editor)
  }
  override onPointerMove(e: PointerInfo): Next {
    this.to = this.editor.placed(e.point).at
    return undefined
  }
  /** A press without a drag measures nothing and clears the last measurement. */
  protected override complete = () => {
    const last = this.points.at(-1)!
    const moved = this.to.x !== last.x || this.to.y !== last.y
    return this.measured(moved ? [...this.points, this.to] : this.points.length > 1 ? this.points : [])
  }
  override overlay(): Overlay {
    return { ruler: [...this.points, this.to] }
  }
}
