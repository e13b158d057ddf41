import type { CanvasDocument } from './document.ts'
import { distance } from './snap.ts'
import { SnappingState } from './snapping-state.ts'
import { done, type Answer, type Next, type StateAction } from './tool-state.ts'
import type { Point, PointerInfo } from './types.ts'

/** Stretches from where it was pressed to the pointer, by dragging or with two clicks; cancelling leaves no trace. */
export abstract class SpanState extends SnappingState {
  protected to: Point

  constructor(
    editor: CanvasDocument,
    protected readonly from: Point,
    private readonly pressedAt: Point,
  ) {
    super(editor)
    this.to = from
  }

  protected abstract finish(): Next
  /** Where the span ends with the pointer here. */
  protected end(e: PointerInfo): Point {
    return this.place(e)
  }
  /** Whether the pointer has moved since the press by more than a hand's tremble. */
  protected dragged(e: PointerInfo): boolean {
    return distance(e.screen, this.pressedAt) >= 3
  }

  override onPointerMove(e: PointerInfo): Next {
    this.to = this.end(e)
    return undefined
  }
  override onPointerUp(e: PointerInfo): Next {
    return e.button === 0 && this.dragged(e) ? this.finish() : undefined
  }
  override onPointerDown(e: PointerInfo): Next {
    if (e.button !== 0) return undefined
    this.to = this.end(e)
    return this.finish()
  }
  override onAction(action: StateAction): Answer {
    return action === 'cancel' || action === 'undo' || action === 'remove-last' ? done : true
  }
}
