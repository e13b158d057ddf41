import type { Region } from '#shared/model/region.ts'
import type { CanvasDocument } from '../../document.ts'
import type { Overlay, PointerInfo } from '../../types.ts'
import { ToolState, type Next } from '../../tool-state.ts'
import { BrushStroking, type BrushTool } from './stroking.ts'

/** Paints on the selected mask or starts a new one; Alt swaps brush and eraser. */
export class BrushIdle extends ToolState {
  readonly path: string
  private alt = false

  constructor(
    editor: CanvasDocument,
    private readonly tool: BrushTool,
  ) {
    super(editor)
    this.path = `${tool}.idle`
  }
  private erases = (alt: boolean) => (this.tool === 'eraser') !== alt

  /** Without a selection, the eraser takes the topmost mask under it. */
  private target(e: PointerInfo): Region | null {
    const [only, ...more] = this.editor.editable
    if (only?.shape.kind === 'mask' && more.length === 0) return only
    if (!this.erases(e.alt)) return null
    return this.editor.regions.hit(e.point, this.editor.settings.brushSize / 2).find((r) => r.shape.kind === 'mask' && !r.locked) ?? null
  }

  override onPointerDown(e: PointerInfo): Next {
    if (e.button !== 0) return undefined
    const target = this.target(e)
    if (!target && this.erases(e.alt)) return undefined
    if (target) this.editor.setSelection([target.id])
    return new BrushStroking(this.editor, this.tool, this.erases(e.alt), target, e.point)
  }
  override onPointerMove(e: PointerInfo): Next {
    this.alt = e.alt
    return undefined
  }
  override overlay(): Overlay {
    const at = this.editor.pointer
    return at ? { brush: { at, size: this.editor.settings.brushSize, erase: this.erases(this.alt) } } : {}
  }
}
