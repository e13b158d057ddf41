import { boxOfCorners } from '#shared/geometry/box.ts'
import type { Box } from '#shared/model/shape.ts'
import type { Overlay, Point, PointerInfo } from '../../types.ts'
import { SpanState } from '../../span-state.ts'
import { done, type Next } from '../../tool-state.ts'

/** Draws a box from corner to corner, by dragging or with two clicks. */
export class BoxDrawing extends SpanState {
  readonly path = 'box.drawing'
  private get box(): Box {
    return boxOfCorners(this.from, this.to)
  }

  protected override end(e: PointerInfo): Point {
    const [to, { from }] = [this.place(e), this]
    if (!e.shift) return to
    const side = Math.min(Math.abs(to.x - from.x), Math.abs(to.y - from.y))
    return { x: from.x + Math.sign(to.x - from.x) * side, y: from.y + Math.sign(to.y - from.y) * side }
  }
  override onPointerUp(e: PointerInfo): Next {
    if (e.button !== 0) return undefined
    const { drawBy } = this.editor.settings
    if (!this.dragged(e)) return drawBy === 'drag' ? done : undefined
    return drawBy === 'click' ? undefined : this.finish()
  }
  protected finish(): Next {
    if (this.box.w > 0 && this.box.h > 0) this.editor.commitNew('draw box', { kind: 'box', ...this.box })
    return done
  }

  override overlay(): Overlay {
    return { ...super.overlay(), draft: { kind: 'box', ...this.box } }
  }
}
