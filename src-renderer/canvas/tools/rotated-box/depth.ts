import type { RotatedBoxShape } from '#shared/model/shape.ts'
import type { CanvasDocument } from '../../document.ts'
import type { Overlay, Point, PointerInfo } from '../../types.ts'
import { done, ToolState, type Answer, type Next, type StateAction } from '../../tool-state.ts'

/** The edge is drawn; the pointer now sets the box's depth. */
export class RotatedBoxDepth extends ToolState {
  readonly path = 'rotated-box.depth'
  private box: RotatedBoxShape

  constructor(
    editor: CanvasDocument,
    private readonly from: Point,
    private readonly to: Point,
  ) {
    super(editor)
    this.box = this.pulledTo(to)
  }

  private pulledTo(p: Point): RotatedBoxShape {
    const [dx, dy] = [this.to.x - this.from.x, this.to.y - this.from.y]
    const w = Math.hypot(dx, dy)
    const depth = ((p.y - this.from.y) * dx - (p.x - this.from.x) * dy) / w // positive to the right of the edge, negative to its left
    const centre = { x: (this.from.x + this.to.x) / 2 - (dy / w) * (depth / 2), y: (this.from.y + this.to.y) / 2 + (dx / w) * (depth / 2) }
    return { kind: 'rotated-box', cx: centre.x, cy: centre.y, w, h: Math.abs(depth), angle: (Math.atan2(dy, dx) * 180) / Math.PI }
  }

  override onPointerMove(e: PointerInfo): Next {
    this.box = this.pulledTo(e.point)
    return undefined
  }
  override onPointerDown(e: PointerInfo): Next {
    if (e.button !== 0) return undefined
    this.box = this.pulledTo(e.point)
    if (this.box.h * this.editor.view.scale < 1) return undefined
    this.editor.commitNew('draw rotated box', this.box)
    return done
  }
  override onAction(action: StateAction): Answer {
    return action === 'cancel' || action === 'undo' || action === 'remove-last' ? done : true
  }
  override overlay(): Overlay {
    return { draft: this.box }
  }
}
