import { boxOfCorners } from '#shared/geometry/box.ts'
import type { Box } from '#shared/model/shape.ts'
import type { CanvasDocument } from '../../document.ts'
import { placed } from '../../keypoints.ts'
import { distance } from '../../snap.ts'
import type { Overlay, Point, PointerInfo } from '../../types.ts'
import { SnappingState } from '../../snapping-state.ts'
import { done, type Answer, type Next, type StateAction } from '../../tool-state.ts'

/** The skeleton fills the box from corner to corner; a press without a drag places one of the previous size. */
export class SkeletonDrawing extends SnappingState {
  readonly path = 'skeleton.drawing'
  private to: Point

  constructor(
    editor: CanvasDocument,
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
    return done
  }
  override onAction(action: StateAction): Answer {
    return action === 'cancel' || action === 'undo' || action === 'remove-last' ? done : true
  }
  override overlay(): Overlay {
    const label = this.editor.skeletonLabel
    const { box, editor } = this
    if (!label?.skeleton || !(box.w > 0 && box.h > 0)) return super.overlay()
    return { ...super.overlay(), draft: placed(box, label.skeleton, editor.image!), marquee: box, colour: label.colour }
  }
}
