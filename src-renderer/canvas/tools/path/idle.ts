import type { PointerInfo } from '../../types.ts'
import type { CanvasDocument } from '../../document.ts'
import { SnappingState } from '../../snapping-state.ts'
import { connectorFor, type PathTool } from './connect.ts'
import { PathDrawing, type Purpose } from './drawing.ts'

/** With one polygon selected, Shift adds another part to it and Alt cuts a hole. */
export class PathIdle extends SnappingState {
  readonly path: string
  constructor(
    editor: CanvasDocument,
    private readonly tool: PathTool,
  ) {
    super(editor)
    this.path = `${tool}.idle`
  }

  override onPointerDown(e: PointerInfo) {
    const connector = e.button === 0 ? connectorFor(this.editor, this.tool) : null
    if (!connector) return undefined
    const [target, ...more] = this.editor.editable
    const onTarget = this.tool !== 'polyline' && more.length === 0 && target?.shape.kind === 'polygon' && (e.shift || e.alt)
    const purpose: Purpose = onTarget ? { kind: e.alt ? 'hole' : 'part', of: target.id } : { kind: 'new' }
    return new PathDrawing(this.editor, this.tool, connector, purpose, this.place(e))
  }
}
