import type { Overlay, Point, PointerInfo } from '../../types.ts'
import { nearestVertex } from '../../vertices.ts'
import { vertexRegion } from '../select/selection.ts'
import { VertexDragging } from '../select/vertex-dragging.ts'
import { SnappingState } from '../../snapping-state.ts'
import type { Next } from '../../tool-state.ts'
import { SkeletonDrawing } from './drawing.ts'

/** Pressing a point of the selected skeleton drags it; pressing elsewhere starts the next skeleton. */
export class SkeletonIdle extends SnappingState {
  readonly path = 'skeleton.idle'
  private over = false

  override get cursor() {
    return this.over ? 'pointer' : 'crosshair'
  }
  private vertexAt(point: Point) {
    const region = vertexRegion(this.editor)
    const vertex = region?.shape.kind === 'keypoints' ? nearestVertex(region.shape, point, this.editor.reach()) : null
    return region && vertex ? { region, vertex } : null
  }
  override onPointerMove(e: PointerInfo): undefined {
    this.over = this.vertexAt(e.point) !== null
    if (this.over) this.snap = null
    else this.place(e)
  }
  override onPointerDown(e: PointerInfo): Next {
    if (e.button !== 0) return undefined
    const held = this.vertexAt(e.point)
    if (held) {
      this.editor.setVertexSelection([held.vertex])
      return new VertexDragging(this.editor, held.region, held.region.shape, [held.vertex], held.vertex)
    }
    return this.editor.skeletonLabel ? new SkeletonDrawing(this.editor, this.place(e), e.screen) : undefined
  }
  override overlay(): Overlay {
    return this.over ? {} : super.overlay()
  }
}
