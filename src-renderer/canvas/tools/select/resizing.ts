import type { RotatedBoxShape, Shape } from '#shared/model/shape.ts'
import { handleCursor } from '../../handles.ts'
import type { CanvasDocument } from '../../document.ts'
import { resizeRotatedBox, scale, type Scaling } from '../../transform.ts'
import type { Point, PointerInfo } from '../../types.ts'
import type { Next } from '../../tool-state.ts'
import { PreviewState } from './preview.ts'

/** Resizes by a side or a corner (dir); the opposite one stays in place. Shift keeps the proportions. */
export class Resizing extends PreviewState {
  readonly path = 'select.resizing'
  protected readonly action = 'resize'

  constructor(
    editor: CanvasDocument,
    private readonly frame: RotatedBoxShape,
    private readonly dir: Point,
  ) {
    super(editor)
  }
  override get cursor() {
    return handleCursor({ dir: this.dir, at: { x: 0, y: 0 } }, this.frame)
  }

  override onPointerMove(e: PointerInfo): Next {
    const { at } = this.editor.placed(e.point, new Set(this.regions.map((r) => r.id)))
    const only: Shape | undefined = this.regions.length === 1 ? this.regions[0]!.shape : undefined
    if (only?.kind === 'rotated-box') {
      const resized = resizeRotatedBox(only, this.dir, at)
      if (resized.w > 0 && resized.h > 0) this.preview(() => resized)
    } else {
      const by = this.scaling(at, e.shift)
      if (by.sx !== 0 && by.sy !== 0) this.preview((r) => scale(r.shape, by))
    }
    return undefined
  }

  private scaling(to: Point, proportional: boolean): Scaling {
    const { cx, cy, w, h } = this.frame
    const fixed = { x: cx - (this.dir.x * w) / 2, y: cy - (this.dir.y * h) / 2 }
    let sx = this.dir.x && w ? (to.x - fixed.x) / (this.dir.x * w) : 1
    let sy = this.dir.y && h ? (to.y - fixed.y) / (this.dir.y * h) : 1
    if (proportional && this.dir.x && this.dir.y) sx = sy = Math.min(Math.abs(sx), Math.abs(sy))
    return { sx, sy, tx: fixed.x * (1 - sx), ty: fixed.y * (1 - sy) }
  }
}
