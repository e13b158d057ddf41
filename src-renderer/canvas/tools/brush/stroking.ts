import type { Region } from '#shared/model/region.ts'
import type { CanvasDocument } from '../../document.ts'
import { ColumnMask } from '../../masks/column-mask.ts'
import type { Overlay, Point, PointerInfo } from '../../types.ts'
import { done, DragState, type Next } from '../../tool-state.ts'

export type BrushTool = 'brush' | 'eraser'

export class BrushStroking extends DragState {
  readonly path: string
  private readonly mask: ColumnMask

  constructor(
    editor: CanvasDocument,
    tool: BrushTool,
    private readonly erase: boolean,
    private readonly target: Region | null,
    private at: Point,
  ) {
    super(editor)
    this.path = `${tool}.stroking`
    this.mask = target?.shape.kind === 'mask' ? ColumnMask.fromRle(target.shape.rle) : ColumnMask.empty(editor.image!)
    this.strokeTo(at)
  }

  private strokeTo(to: Point): void {
    this.mask.stroke(this.at, to, this.editor.settings.brushSize, this.erase)
    this.at = to
  }
  override onPointerMove(e: PointerInfo): Next {
    this.strokeTo(e.point)
    return undefined
  }
  /** Panning under the brush does not paint. */
  override onViewMove(e: PointerInfo): Next {
    this.at = e.point
    return undefined
  }
  protected override complete(): Next {
    const shape = this.mask.isEmpty ? null : { kind: 'mask' as const, rle: this.mask.toRle() }
    if (this.target) this.editor.commitShape(this.erase ? 'erase' : 'brush', this.target.id, shape)
    else if (shape) this.editor.commitNew('brush', shape)
    return done
  }

  override overlay(): Overlay {
    return {
      mask: this.mask,
      ...(this.target && { maskOf: this.target.id }),
      brush: { at: this.at, size: this.editor.settings.brushSize, erase: this.erase },
    }
  }
}
