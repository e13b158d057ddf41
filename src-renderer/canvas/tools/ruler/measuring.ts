import type { CanvasEditor } from '../../editor.ts'
import type { Overlay, Point, PointerInfo } from '../../types.ts'
import { DragState, type Next } from '../state.ts'
import { RulerIdle } from './idle.ts'

export class RulerMeasuring extends DragState {
  readonly path = 'ruler.measuring'
  private to: Point
  constructor(
    editor: CanvasEditor,
    private readonly from: Point,
  ) {
    super(editor)
    this.to = from
  }
  override onPointerMove(e: PointerInfo): Next {
    this.to = this.editor.placed(e.point).at
    return undefined
  }
  protected override complete = () => new RulerIdle(this.editor, { from: this.from, to: this.to })
  protected override idle = () => new RulerIdle(this.editor)
  override overlay(): Overlay {
    return { ruler: { from: this.from, to: this.to } }
  }
}
