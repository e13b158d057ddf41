import type { PointerInfo } from '../../types.ts'
import { ToolState, type Next } from '../../tool-state.ts'
import { WandFilling, type WandMode } from './filling.ts'

/** Shift adds to the selected mask, Alt subtracts from it. */
export class WandIdle extends ToolState {
  readonly path = 'wand.idle'

  override onPointerDown(e: PointerInfo): Next {
    const pixels = e.button === 0 ? this.editor.pixels() : null
    if (!pixels) return undefined
    const [only, ...more] = this.editor.editable
    const target = only?.shape.kind === 'mask' && more.length === 0 && (e.shift || e.alt) ? only : null
    const mode: WandMode = !target ? 'new' : e.alt ? 'subtract' : 'add'
    return new WandFilling(this.editor, pixels, e, mode, target)
  }
}
