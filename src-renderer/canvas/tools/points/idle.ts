import type { PointerInfo } from '../../types.ts'
import { SnappingState } from '../../snapping-state.ts'
import type { Next } from '../../tool-state.ts'

/** Each press places a point; with Shift it is added to the selected keypoints. */
export class PointsIdle extends SnappingState {
  readonly path = 'points.idle'

  override onPointerDown(e: PointerInfo): Next {
    if (e.button !== 0) return undefined
    const point = { ...this.place(e), v: 2 as const }
    const target = e.shift ? this.editor.editable[0] : undefined
    if (target?.shape.kind === 'keypoints')
      this.editor.commitShape('add point', target.id, { ...target.shape, points: [...target.shape.points, point] })
    else this.editor.commitNew('draw point', { kind: 'keypoints', points: [point] })
    return undefined
  }
}
