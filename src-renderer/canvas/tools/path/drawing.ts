import type { CanvasDocument } from '../../document.ts'
import { distance } from '../../snap.ts'
import type { Overlay, Point, PointerInfo, RegionId } from '../../types.ts'
import { SnappingState } from '../../snapping-state.ts'
import { done, type Answer, type Next, type StateAction } from '../../tool-state.ts'
import type { Connector, PathTool } from './connect.ts'
import { withHole, withPart } from './parts.ts'

export type Purpose = { kind: 'new' } | { kind: 'part' | 'hole'; of: RegionId }

/**
 * Draws vertex by vertex. Pressing the first vertex again, a double click, the right button or Enter finish; Backspace and undo remove the
 * last vertex, redo restores it. Panning and zooming do not interrupt it.
 */
export class PathDrawing extends SnappingState {
  readonly path: string
  /** The flat points that each press added. */
  private pieces: number[][]
  private undone: number[][] = []
  private pending: number[] = []

  constructor(
    editor: CanvasDocument,
    private readonly tool: PathTool,
    private readonly connector: Connector,
    private readonly purpose: Purpose,
    start: Point,
  ) {
    super(editor)
    this.path = `${tool}.drawing`
    this.pieces = [[start.x, start.y]]
    connector.from(start)
  }

  private get points(): number[] {
    return this.pieces.flat()
  }
  private get first(): Point {
    return { x: this.pieces[0]![0]!, y: this.pieces[0]![1]! }
  }
  private get last(): Point {
    const piece = this.pieces.at(-1)!
    return { x: piece.at(-2)!, y: piece.at(-1)! }
  }
  private get closable() {
    return this.tool !== 'polyline' && this.points.length >= 6
  }
  private closes = (e: PointerInfo) => this.closable && distance(e.point, this.first) <= this.editor.reach()

  override onPointerMove(e: PointerInfo): Next {
    const at = this.closes(e) ? (this.snap = this.first) : this.place(e)
    this.pending = this.connector.to(at)
    return undefined
  }

  override onPointerDown(e: PointerInfo): Next {
    if (e.button === 2) return this.finish()
    if (e.button !== 0) return undefined
    if (this.closes(e)) {
      const closing = this.connector.to(this.first).slice(0, -2)
      if (closing.length) this.pieces.push(closing)
      return this.finish()
    }
    // The second press of a double click is on the vertex that the first one added.
    if (e.double) return this.finish()
    const at = this.place(e)
    if (distance(at, this.last) > 0) this.push(this.connector.to(at))
    return undefined
  }

  private push(piece: number[]): void {
    this.pieces.push(piece)
    this.undone = []
    this.pending = []
    this.connector.from(this.last)
  }

  private takeBack(): Next {
    if (this.pieces.length === 1) return done
    this.undone.push(this.pieces.pop()!)
    this.rewire()
    return undefined
  }
  private putAgain(): void {
    const piece = this.undone.pop()
    if (piece) this.pieces.push(piece)
    this.rewire()
  }
  private rewire(): void {
    this.connector.from(this.last)
    this.pending = this.editor.pointer ? this.connector.to(this.editor.pointer) : []
  }

  /** Does nothing if there are too few vertices. */
  private finish(): Next {
    const { editor, points, purpose } = this
    if (points.length < (this.tool === 'polyline' ? 4 : 6)) return undefined
    if (this.tool === 'polyline') editor.commitNew('draw polyline', { kind: 'polyline', points })
    else if (purpose.kind === 'new') editor.commitNew('draw polygon', { kind: 'polygon', parts: [[points]] })
    else {
      const target = editor.regions.get(purpose.of)?.shape
      if (target?.kind === 'polygon')
        editor.commitShape(`add ${purpose.kind}`, purpose.of, purpose.kind === 'hole' ? withHole(target, points) : withPart(target, points))
    }
    return done
  }

  override onAction(action: StateAction): Answer {
    switch (action) {
      case 'confirm':
        return this.finish() ?? true
      case 'cancel':
        return done
      case 'undo':
      case 'remove-last':
        return this.takeBack() ?? true
      case 'redo':
        this.putAgain()
        return true
      default:
        return true
    }
  }

  override overlay(): Overlay {
    return { ...super.overlay(), line: [...this.points, ...this.pending] }
  }
}
