import { distance } from '../../snap.ts'
import type { Overlay } from '../../types.ts'
import { SpanState } from '../../span-state.ts'
import type { Next } from '../../tool-state.ts'
import { RotatedBoxDepth } from './depth.ts'

/** Draws the first edge, by dragging or with two clicks; it sets the angle and the width. */
export class RotatedBoxEdge extends SpanState {
  readonly path = 'rotated-box.edge'
  protected finish(): Next {
    return distance(this.from, this.to) > 0 ? new RotatedBoxDepth(this.editor, this.from, this.to) : undefined
  }
  override overlay(): Overlay {
    return { ...super.overlay(), line: [this.from.x, this.from.y, this.to.x, this.to.y] }
  }
}
