import { boxOfCorners } from '#shared/geometry/box.ts'
import type { Box } from '#shared/model/shape.ts'
import { placed } from '../../keypoints.ts'
import type { Overlay, PointerInfo } from '../../types.ts'
import { SpanState } from '../../span-state.ts'
import { done, type Next } from '../../tool-state.ts'

/** The skeleton fills the box from corner to corner; a press without a drag places one of the previous size. */
export class SkeletonDrawing extends SpanState {
  readonly path = 'skeleton.drawing'
  private get box(): Box {
    return boxOfCorners(this.from, this.to)
  }
  /** The release ends it, with or without a drag. */
  override onPointerUp(e: PointerInfo): Next {
    if (e.button !== 0) return undefined
    this.to = this.end(e)
    return this.dragged(e) ? this.finish() : this.placeHere()
  }
  override onPointerDown(): Next {
    return undefined
  }
  protected finish(): Next {
    const { box } = this
    if (!(box.w > 0 && box.h > 0)) return this.placeHere()
    this.editor.drawSkeleton(box)
    return done
  }
  private placeHere(): Next {
    this.editor.placeSkeleton(this.from)
    return done
  }
  override overlay(): Overlay {
    const label = this.editor.skeletonLabel
    const { box, editor } = this
    if (!label?.skeleton || !(box.w > 0 && box.h > 0)) return super.overlay()
    return { ...super.overlay(), draft: placed(box, label.skeleton, editor.image!), marquee: box, colour: label.colour }
  }
}
