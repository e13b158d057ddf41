import type { Region } from '#shared/model/region.ts'
import type { Shape } from '#shared/model/shape.ts'
import type { CanvasDocument } from '../../document.ts'
import type { Overlay, RegionId } from '../../types.ts'
import { done, DragState, type Next } from '../../tool-state.ts'

/** A gesture that reshapes regions: previewed while dragging, applied when the button is released. */
export abstract class PreviewState extends DragState {
  protected abstract readonly action: string
  protected readonly regions: readonly Region[]
  private shapes: ReadonlyMap<RegionId, Shape> = new Map()

  constructor(editor: CanvasDocument, regions: readonly Region[] = editor.editable) {
    super(editor)
    this.regions = regions
  }
  /** Called once the change is applied. */
  after: () => void = () => {}
  protected preview(shape: (r: Region) => Shape): void {
    this.shapes = new Map(this.regions.map((r) => [r.id, shape(r)]))
  }
  protected override complete(): Next {
    const { editor } = this
    editor.commit(
      this.action,
      [...this.shapes].flatMap(([id, shape]) => {
        const before = editor.regions.get(id)
        return before && before.shape !== shape ? [{ before, after: { ...before, shape } }] : []
      }),
    )
    this.after()
    return done
  }
  override overlay(): Overlay {
    return { previews: this.shapes }
  }
}
