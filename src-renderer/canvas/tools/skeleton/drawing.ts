import { boxOfCorners } from '#shared/geometry/box.ts'
import type { Box } from '#shared/model/shape.ts'
import type { CanvasEditor } from '../../editor.ts'
import { placed } from '../../keypoints.ts'
import { distance } from '../../snap.ts'
import type { Overlay, Point, PointerInfo } from '../../types.ts'
import { SnappingState } from '../snapping.ts'
import type { Next, StateAction, ToolState } from '../state.ts'
import { SkeletonIdle } from './idle.ts'

/** The skeleton fills the box from corner to corner; a press without a drag places it as large as the one before. */
export class SkeletonDrawing extends SnappingState {
  readonly path = 'skeleton.drawing'
  private to: Point

  constructor(
    editor: CanvasEditor,
    private readonly from: Point,
    private readonly pressedAt: Point,
  ) {
    super(editor)
    this.to = from
  }

  private get box(): Box {
    return boxOfCorners(this.from, this.to)
  }
  override onPointerMove(e: PointerInfo): Next {
    this.to = this.place(e)
    return undefined
  }
  override onPointerUp(e: PointerInfo): Next {
    if (e.button !== 0) return undefined
    this.to = this.place(e)
    const { box } = this
    if (distance(e.screen, this.pressedAt) < 3 || !(box.w > 0 && box.h > 0)) this.editor.placeSkeleton(this.from)
    else this.editor.drawSkeleton(box)
    return new SkeletonIdle(this.editor)
  }
  override onAction(action: StateAction): ToolState | boolean {
    return action === 'cancel' || action === 'undo' || action === 'remove-last' ? new SkeletonIdle(this.editor) : true
  }
  override overlay(): Overlay {
    const label = this.editor.skeletonLabel
    const { box, editor } = this
    if (!label?.skeleton || !(box.w > 0 && box.h > 0)) return super.overlay()
    return { ...super.overlay(), draft: placed(box, label.skeleton, editor.image!), marquee: box, colour: label.colour }
  }
}
