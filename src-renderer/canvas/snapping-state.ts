import type { Overlay, Point, PointerInfo } from './types.ts'
import { ToolState, type Next } from './tool-state.ts'

/** A state in which the next press places a vertex: it shows where that would snap to. */
export abstract class SnappingState extends ToolState {
  protected snap: Point | null = null

  protected place(e: PointerInfo): Point {
    const { at, snapped } = this.editor.placed(e.point)
    this.snap = snapped ? at : null
    return at
  }
  override onPointerMove(e: PointerInfo): Next {
    this.place(e)
    return undefined
  }
  override overlay(): Overlay {
    return this.snap ? { snap: this.snap } : {}
  }
}
