import type { CanvasDocument } from '../../document.ts'
import { distance } from '../../snap.ts'
import type { Overlay, Point, PointerInfo } from '../../types.ts'
import { SnappingState } from '../../snapping-state.ts'
import { done, type Answer, type Next, type StateAction } from '../../tool-state.ts'
import { RotatedBoxDepth } from './depth.ts'

/** Draws the first edge, by dragging or with two clicks; it sets the angle and the width. */
export class RotatedBoxEdge extends SnappingState {
  readonly path = 'rotated-box.edge'
  private to: Point

  constructor(
    editor: CanvasDocument,
    private readonly from: Point,
    private readonly pressedAt: Point,
  ) {
    super(editor)
    this.to = from
  }

  override onPointerMove(e: PointerInfo): Next {
    this.to = this.place(e)
    return undefined
  }
  override onPointerUp(e: PointerInfo): Next {
    return e.button === 0 && distance(e.screen, this.pressedAt) >= 3 ? this.finish() : undefined
  }
  override onPointerDown(e: PointerInfo): Next {
    if (e.button !== 0) return undefined
    this.to = this.place(e)
    return this.finish()
  }
  private finish(): Next {
    return distance(this.from, this.to) > 0 ? new RotatedBoxDepth(this.editor, this.from, this.to) : undefined
  }
  override onAction(action: StateAction): Answer {
    return action === 'cancel' || action === 'undo' || action === 'remove-last' ? done : true
  }
  override overlay(): Overlay {
    return { ...super.overlay(), line: [this.from.x, this.from.y, this.to.x, this.to.y] }
  }
}
