import type { RotatedBoxShape } from '#shared/model/shape.ts'
import type { CanvasDocument } from '../../document.ts'
import { normalAngle, rotate } from '../../transform.ts'
import type { Point, PointerInfo } from '../../types.ts'
import type { Next } from '../../tool-state.ts'
import { PreviewState } from './preview.ts'

/** Rotates about the frame's centre; Shift snaps to steps of 15 degrees. */
export class Rotating extends PreviewState {
  readonly path = 'select.rotating'
  protected readonly action = 'rotate'

  constructor(
    editor: CanvasDocument,
    private readonly frame: RotatedBoxShape,
    private readonly from: Point,
  ) {
    super(editor)
  }
  override get cursor() {
    return 'grabbing'
  }
  private bearing = (p: Point) => (Math.atan2(p.y - this.frame.cy, p.x - this.frame.cx) * 180) / Math.PI

  override onPointerMove(e: PointerInfo): Next {
    let angle = normalAngle(this.bearing(e.point) - this.bearing(this.from))
    if (e.shift) angle = Math.round((this.frame.angle + angle) / 15) * 15 - this.frame.angle
    this.preview((r) => (angle === 0 ? r.shape : rotate(r.shape, { x: this.frame.cx, y: this.frame.cy }, angle)))
    return undefined
  }
}
