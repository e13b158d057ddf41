import type { CanvasDocument } from '../../document.ts'
import { alignedMove } from '../../grid.ts'
import { boundsOfShapes, movedWithin, translate } from '../../transform.ts'
import type { Point, PointerInfo } from '../../types.ts'
import type { Next } from '../../tool-state.ts'
import { PreviewState } from './preview.ts'

/** Shift restricts movement to one axis. What was inside the image stays inside. */
export class Moving extends PreviewState {
  readonly path = 'select.moving'
  private readonly box = boundsOfShapes(this.regions.map((r) => r.shape))
  protected override get action() {
    return this.regions.length === 1 ? 'move region' : `move ${this.regions.length} regions`
  }

  constructor(
    editor: CanvasDocument,
    private readonly from: Point,
  ) {
    super(editor)
  }
  override get cursor() {
    return 'move'
  }
  override onPointerMove(e: PointerInfo): Next {
    let [dx, dy] = [e.point.x - this.from.x, e.point.y - this.from.y]
    if (e.shift) [dx, dy] = Math.abs(dx) >= Math.abs(dy) ? [dx, 0] : [0, dy]
    const { editor } = this
    const near = e.shift ? { x: dx, y: dy } : alignedMove(this.box, dx, dy, editor.lines, editor.reach())
    const by = movedWithin(this.box, near.x, near.y, editor.image!)
    this.preview((r) => (by.x || by.y ? translate(r.shape, by.x, by.y) : r.shape))
    return undefined
  }
}
