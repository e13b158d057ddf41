import { boxOfCorners } from '#shared/geometry/box.ts'
import type { Box } from '#shared/model/shape.ts'
import type { CanvasDocument } from '../../document.ts'
import { distance } from '../../snap.ts'
import type { Overlay, Point, PointerInfo } from '../../types.ts'
import { SnappingState } from '../../snapping-state.ts'
import { done, type Answer, type Next, type StateAction } from '../../tool-state.ts'

/** Draws a box from corner to corner, by dragging or with two clicks. */
export class BoxDrawing extends SnappingState {
  readonly path = 'box.drawing'
  private to: Point

  constructor(
    editor: CanvasDocument,
    private readonly from: Point,
    private readonly pressedAt: Point,
  ) {
    super(editor)
    this.to = from
  }

  private get box(): Box {
    return boxOfCorners(this.from, this.to)
  }

  override onPointerMove(e: PointerInfo): Next {
    this.to = this.place(e)
    if (e.shift) {
      const side = Math.min(Math.abs(this.to.x - this.from.x), Math.abs(this.to.y - this.from.y))
      this.to = { x: this.from.x + Math.sign(this.to.x - this.from.x) * side, y: this.from.y + Math.sign(this.to.y - this.from.y) * side }
    }
    return undefined
  }
  override onPointerUp(e: PointerInfo): Next {
    if (e.button !== 0) return undefined
    const { drawBy } = this.editor.settings
    if (distance(e.screen, this.pressedAt) < 3) return drawBy === 'drag' ? done : undefined
    return drawBy === 'click' ? undefined : this.finish()
  }
  override onPointerDown(e: PointerInfo): Next {
    if (e.button !== 0) return undefined
    this.onPointerMove(e)
    return this.finish()
  }

  private finish(): Next {
    if (this.box.w > 0 && this.box.h > 0) this.editor.commitNew('draw box', { kind: 'box', ...this.box })
    return done
  }

  override onAction(action: StateAction): Answer {
    return action === 'cancel' || action === 'undo' || action === 'remove-last' ? done : true
  }
  override overlay(): Overlay {
    return { ...super.overlay(), draft: { kind: 'box', ...this.box } }
  }
}
