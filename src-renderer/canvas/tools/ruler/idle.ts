import type { Overlay, Point, PointerInfo } from '../../types.ts'
import type { CanvasEditor } from '../../editor.ts'
import { SnappingState } from '../snapping.ts'
import type { ToolState } from '../state.ts'
import { RulerMeasuring } from './measuring.ts'

/** Shows what was measured last. */
export class RulerIdle extends SnappingState {
  readonly path = 'ruler.idle'
  constructor(
    editor: CanvasEditor,
    private readonly ruler: { from: Point; to: Point } | null = null,
  ) {
    super(editor)
  }
  override onPointerDown(e: PointerInfo): ToolState | undefined {
    return e.button === 0 ? new RulerMeasuring(this.editor, this.place(e)) : undefined
  }
  override overlay(): Overlay {
    return { ...super.overlay(), ...(this.ruler && { ruler: this.ruler }) }
  }
}
