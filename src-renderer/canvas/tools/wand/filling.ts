import { rleArea, rleSubtract, rleUnion } from '#shared/geometry/rle.ts'
import type { Region } from '#shared/model/region.ts'
import type { CanvasDocument } from '../../document.ts'
import { ColumnMask } from '../../masks/column-mask.ts'
import { floodFill } from '../../masks/flood.ts'
import type { Overlay, Pixels, PointerInfo } from '../../types.ts'
import { done, DragState, type Next } from '../../tool-state.ts'

export type WandMode = 'new' | 'add' | 'subtract'

/** Fills on press; dragging right (left) before the release raises (lowers) the tolerance by one step per 2 CSS pixels. */
export class WandFilling extends DragState {
  readonly path = 'wand.filling'
  private mask: ColumnMask
  private tolerance: number

  constructor(
    editor: CanvasDocument,
    private readonly pixels: Pixels,
    private readonly pressed: PointerInfo,
    private readonly mode: WandMode,
    private readonly target: Region | null,
  ) {
    super(editor)
    this.tolerance = editor.settings.tolerance
    this.mask = this.filled()
  }

  private filled(): ColumnMask {
    const fill = floodFill(this.pixels, this.pressed.point, this.tolerance)
    if (this.mode === 'new' || this.target?.shape.kind !== 'mask') return fill
    const combine = this.mode === 'add' ? rleUnion : rleSubtract
    return ColumnMask.fromRle(combine(this.target.shape.rle, fill.toRle()))
  }

  override onPointerMove(e: PointerInfo): Next {
    const tolerance = Math.min(255, Math.max(0, this.editor.settings.tolerance + Math.round((e.screen.x - this.pressed.screen.x) / 2)))
    if (tolerance !== this.tolerance) {
      this.tolerance = tolerance
      this.mask = this.filled()
    }
    return undefined
  }
  protected override complete(): Next {
    this.editor.set({ tolerance: this.tolerance })
    const rle = this.mask.toRle()
    const shape = rleArea(rle) > 0 ? { kind: 'mask' as const, rle } : null
    if (this.target) this.editor.commitShape('magic wand', this.target.id, shape)
    else if (shape) this.editor.commitNew('magic wand', shape)
    return done
  }
  override overlay(): Overlay {
    return { mask: this.mask, ...(this.target && { maskOf: this.target.id }) }
  }
}
