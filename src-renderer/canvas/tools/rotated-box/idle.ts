import type { PointerInfo } from '../../types.ts'
import { SnappingState } from '../../snapping-state.ts'
import { RotatedBoxEdge } from './edge.ts'

export class RotatedBoxIdle extends SnappingState {
  readonly path = 'rotated-box.idle'
  override onPointerDown(e: PointerInfo) {
    return e.button === 0 ? new RotatedBoxEdge(this.editor, this.place(e), e.screen) : undefined
  }
}
