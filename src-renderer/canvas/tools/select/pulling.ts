import type { Region } from '#shared/model/region.ts'
import type { RotatedBoxShape, Shape } from '#shared/model/shape.ts'
import type { CanvasDocument } from '../../document.ts'
import { handleCursor, type Handle } from '../../handles.ts'
import { distance } from '../../snap.ts'
import type { Overlay, Point, PointerInfo, VertexRef } from '../../types.ts'
import { insertVertex, vertexAt } from '../../vertices.ts'
import { done, DragState, type Next } from '../../tool-state.ts'
import type { PreviewState } from './preview.ts'
import { Resizing } from './resizing.ts'
import { VertexDragging } from './vertex-dragging.ts'

interface Pulled {
  cursor: string
  at?: Point
  /** Starts the drag. */
  begin(): PreviewState
}

/** Pressed on something draggable: a drag reshapes it, a plain click changes nothing. */
export class Pulling extends DragState {
  readonly path = 'select.pulling'
  constructor(
    editor: CanvasDocument,
    private readonly pressed: PointerInfo,
    private readonly pulled: Pulled,
    /** Not selected before the press: deselect once changed, so that the next key applies to the region under the pointer. */
    private readonly reached = false,
  ) {
    super(editor)
  }
  override get cursor() {
    return this.pulled.cursor
  }
  override onPointerMove(e: PointerInfo): Next {
    if (distance(e.screen, this.pressed.screen) < 3) return undefined
    const dragging = this.pulled.begin()
    if (this.reached) dragging.after = () => this.editor.setSelection([])
    return dragging.onPointerMove(e) ?? dragging
  }
  protected override complete(): Next {
    return done
  }
  override overlay(): Overlay {
    return this.pulled.at ? { ghost: this.pulled.at } : {}
  }
}

const vertexOf = (editor: CanvasDocument, region: Region, shape: Shape, ref: VertexRef) =>
  new VertexDragging(editor, region, shape, [ref], ref)

/** Dragging an edge inserts a vertex. */
export const edgePulled = (editor: CanvasDocument, region: Region, { ref, at }: { ref: VertexRef; at: Point }): Pulled => ({
  cursor: 'copy',
  at,
  begin: () => vertexOf(editor, region, insertVertex(region.shape, ref, at), ref),
})
export const vertexPulled = (editor: CanvasDocument, region: Region, ref: VertexRef): Pulled => ({
  cursor: 'crosshair',
  at: vertexAt(region.shape, ref)!,
  begin: () => vertexOf(editor, region, region.shape, ref),
})
/** Dragging a side or a corner of the frame. */
export const handlePulled = (editor: CanvasDocument, frame: RotatedBoxShape, handle: Handle & { dir: Point }): Pulled => ({
  cursor: handleCursor(handle, frame),
  begin: () => new Resizing(editor, frame, handle.dir),
})
