import type { Next, Answer, StateAction } from '../../tool-state.ts'
import { ToolState } from '../../tool-state.ts'
import type { PointerInfo } from '../../types.ts'
import { MaskPrompts } from './prompts.ts'
import { MaskPressing, MaskPrompting, placeClick } from './prompting.ts'

/** Nothing is clicked yet. */
export class SmartMaskIdle extends ToolState {
  readonly path = 'smart-mask.idle'

  override onPointerDown(e: PointerInfo): Next {
    if (e.button !== 0 || !this.editor.masks) return undefined
    return new MaskPressing(this.editor, new MaskPrompts(this.editor), e)
  }
  override onAction(action: StateAction): Answer {
    // A point that is not wanted means nothing before one that is; the key must not pick another tool either.
    if (action === 'mask-exclude') return true
    if (action !== 'mask-include' || !this.editor.masks) return false
    const prompts = new MaskPrompts(this.editor)
    placeClick(this.editor, prompts, true)
    return new MaskPrompting(this.editor, prompts)
  }
}
