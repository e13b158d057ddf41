import type { Region } from '#shared/model/region.ts'
import type { Shape } from '#shared/model/shape.ts'
import type { CanvasDocument } from '../../document.ts'
import type { Overlay, Point, PointerInfo, VertexRef } from '../../types.ts'
import { moveVertices, vertexAt } from '../../vertices.ts'
import type { Next } from '../../tool-state.ts'
import { PreviewState } from './preview.ts'

/** The dragged vertex follows the pointer and snaps; other selected vertices move along. */
export class VertexDragging extends PreviewState {
  readonly path = 'select.vertex-dragging'
  protected readonly action = 'move vertex'
  private readonly from: Point
  private readonly own: ReadonlySet<number>
  private snap: Point | null = null

  /** `shape`: the region's, possibly with a newly inserted vertex. */
  constructor(
    editor: CanvasDocument,
    region: Region,
    private readonly shape: Shape,
    private readonly refs: readonly VertexRef[],
    held: VertexRef,
  ) {
    super(editor, [region])
    this.from = vertexAt(shape, held)!
    this.own = new Set([region.id])
  }

  override onPointerMove(e: PointerInfo): Next {
    const { at, snapped } = this.editor.placed(e.point, this.own)
    this.snap = snapped ? at : null
    const [dx, dy] = [at.x - this.from.x, at.y - this.from.y]
    this.preview(() => (dx || dy ? moveVertices(this.shape, this.refs, dx, dy) : this.shape))
    return undefined
  }
  /** The vertices stay selected, so that Delete applies to them. */
  protected override complete(): Next {
    const next = super.complete()
    if (this.editor.selection.length) this.editor.setVertexSelection(this.refs)
    return next
  }
  override overlay(): Overlay {
    return { ...super.overlay(), ...(this.snap && { snap: this.snap }) }
  }
}
