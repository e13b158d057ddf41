import type { Box } from '#shared/model/shape.ts'
import type { CanvasDocument } from '../../document.ts'
import { meetsBox } from '../../marquee.ts'
import { isShown } from '../../regions.ts'
import type { Overlay, PointerInfo, RegionId } from '../../types.ts'
import { done, DragState, type Next } from '../../tool-state.ts'

/** Selects what the band touches; Shift or Ctrl adds to the selection. */
export class Marquee extends DragState {
  readonly path = 'select.marquee'
  private readonly before: readonly RegionId[]
  private readonly kept: readonly RegionId[]
  private box: Box

  constructor(
    editor: CanvasDocument,
    private readonly pressed: PointerInfo,
  ) {
    super(editor)
    this.before = editor.selection
    this.kept = pressed.shift || pressed.ctrl ? this.before : []
    this.box = { ...pressed.point, w: 0, h: 0 }
    editor.setSelection(this.kept)
  }
  override onPointerMove(e: PointerInfo): Next {
    const { x, y } = this.pressed.point
    this.box = { x: Math.min(x, e.point.x), y: Math.min(y, e.point.y), w: Math.abs(e.point.x - x), h: Math.abs(e.point.y - y) }
    return undefined
  }
  /** Looked up once at the end: with thousands of regions, doing so on every move would be slow. */
  protected override complete(): Next {
    const { editor, box } = this
    if (!editor.settings.hideAll && box.w + box.h > 0) {
      const touched = editor.regions.inBox(box).filter((r) => isShown(r) && !r.locked && meetsBox(r.shape, box))
      editor.setSelection([...this.kept, ...touched.sort((a, b) => a.z - b.z).map((r) => r.id)])
    }
    return done
  }
  protected override dropped(): Next {
    this.editor.setSelection(this.before)
    return done
  }
  override overlay(): Overlay {
    return { marquee: this.box }
  }
}
