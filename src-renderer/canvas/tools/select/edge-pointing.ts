import type { Region } from '#shared/model/region.ts'
import type { Shape } from '#shared/model/shape.ts'
import type { CanvasEditor } from '../../editor.ts'
import { distance } from '../../snap.ts'
import type { Overlay, Point, PointerInfo, VertexRef } from '../../types.ts'
import { insertVertex } from '../../vertices.ts'
import { DragState, type Next } from '../state.ts'
import { SelectIdle } from './idle.ts'
import { VertexDragging } from './vertex-dragging.ts'

/** Pressed where a vertex is, or could be: pulling takes it along, a mere click does not. */
abstract class PullPointing extends DragState {
  constructor(
    editor: CanvasEditor,
    private readonly region: Region,
    protected readonly pulled: { ref: VertexRef; at: Point },
    private readonly pressed: PointerInfo,
  ) {
    super(editor)
  }
  /** With the vertex that is pulled. */
  protected abstract shapeOf(region: Region): Shape
  override onPointerMove(e: PointerInfo): Next {
    if (distance(e.screen, this.pressed.screen) < 3) return undefined
    const { ref } = this.pulled
    const dragging = new VertexDragging(this.editor, this.region, this.shapeOf(this.region), [ref], ref)
    return dragging.onPointerMove(e) ?? dragging
  }
  protected override complete = () => this.idle()
  protected override idle = () => new SelectIdle(this.editor)
  override overlay(): Overlay {
    return { ghost: this.pulled.at }
  }
}

/** On an edge: a vertex is inserted. */
export class EdgePointing extends PullPointing {
  readonly path = 'select.edge-pointing'
  override get cursor() {
    return 'copy'
  }
  protected override shapeOf = (region: Region) => insertVertex(region.shape, this.pulled.ref, this.pulled.at)
}

/** On a vertex of an outline that was not selected before: a click selects the outline. */
export class VertexPointing extends PullPointing {
  readonly path = 'select.vertex-pointing'
  override get cursor() {
    return 'crosshair'
  }
  protected override shapeOf = (region: Region) => region.shape
}
