import type { Overlay, Point, PointerInfo } from '../../types.ts'
import type { CanvasDocument } from '../../document.ts'
import { SnappingState } from '../../snapping-state.ts'
import { done, type Answer, type StateAction, type ToolState } from '../../tool-state.ts'
import { RulerMeasuring } from './measuring.ts'

/** Shows the last measurement; with Shift, the next line continues from its end. */
export class RulerIdle extends SnappingState {
  readonly path = 'ruler.idle'
  constructor(
    editor: CanvasDocument,
    private readonly points: readonly Point[] = [],
  ) {
    super(editor)
  }
  override onPointerDown(e: PointerInfo): ToolState | undefined {
    if (e.button !== 0) return undefined
    const at = this.place(e)
    return new RulerMeasuring(
      this.editor,
      e.shift && this.points.length ? this.points : [at],
      at,
      (points) => new RulerIdle(this.editor, points),
    )
  }
  override onAction(action: StateAction): Answer {
    return action === 'cancel' && this.points.length > 0 ? done : false
  }
  override overlay(): Overlay {
    return { ...super.overlay(), ...(this.points.length > 1 && { ruler: this.points }) }
  }
}
