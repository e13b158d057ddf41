import type { PointerInfo } from '../../types.ts'
import { SnappingState } from '../../snapping-state.ts'
import { BoxDrawing } from './drawing.ts'

export class BoxIdle extends SnappingState {
  readonly path = 'box.idle'
  override onPointerDown(e: PointerInfo) {
    return e.button === 0 ? new BoxDrawing(this.editor, this.place(e), e.screen) : undefined
  }
}
