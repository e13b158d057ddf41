import type { Region } from '#shared/model/region.ts'
import type { CanvasEditor } from '../../editor.ts'
import { distance } from '../../snap.ts'
import type { Overlay, Point, PointerInfo, VertexRef } from '../../types.ts'
import { insertVertex } from '../../vertices.ts'
import { DragState, type Next } from '../state.ts'
import { SelectIdle } from './idle.ts'
import { VertexDragging } from './vertex-dragging.ts'

/** Pressed on an edge of the region selected: pulling it out inserts a vertex, a mere click does not. */
export class EdgePointing extends DragState {
  readonly path = 'select.edge-pointing'
  constructor(
    editor: CanvasEditor,
    private readonly region: Region,
    private readonly edge: { ref: VertexRef; at: Point },
    private readonly pressed: PointerInfo,
  ) {
    super(editor)
  }
  override get cursor() {
    return 'copy'
  }
  override onPointerMove(e: PointerInfo): Next {
    if (distance(e.screen, this.pressed.screen) < 3) return undefined
    const { ref, at } = this.edge
    const dragging = new VertexDragging(this.editor, this.region, insertVertex(this.region.shape, ref, at), [ref], ref)
    return dragging.onPointerMove(e) ?? dragging
  }
  protected override complete = () => this.idle()
  protected override idle = () => new SelectIdle(this.editor)
  override overlay(): Overlay {
    return { ghost: this.edge.at }
  }
}
