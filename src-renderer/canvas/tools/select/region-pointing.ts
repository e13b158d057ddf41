import type { Region } from '#shared/model/region.ts'
import type { CanvasDocument } from '../../document.ts'
import { distance } from '../../snap.ts'
import type { PointerInfo } from '../../types.ts'
import { done, DragState, type Next } from '../../tool-state.ts'
import { Moving } from './moving.ts'

/** Pressed on a region: either a click (a double click toggles frame and vertices) or the start of a move. */
export class RegionPointing extends DragState {
  readonly path = 'select.region-pointing'
  private readonly wasSelected: boolean

  constructor(
    editor: CanvasDocument,
    private readonly region: Region,
    private readonly pressed: PointerInfo,
  ) {
    super(editor)
    const { selection } = editor
    this.wasSelected = selection.includes(region.id)
    if (pressed.shift || pressed.ctrl)
      editor.setSelection(this.wasSelected ? selection.filter((id) => id !== region.id) : [...selection, region.id])
    else if (!this.wasSelected) editor.setSelection([region.id])
  }
  override get cursor() {
    return 'move'
  }
  override onPointerMove(e: PointerInfo): Next {
    if (distance(e.screen, this.pressed.screen) < 3 || this.editor.editable.length === 0) return undefined
    const moving = new Moving(this.editor, this.pressed.point)
    return moving.onPointerMove(e) ?? moving
  }
  protected override complete(): Next {
    const { editor, pressed } = this
    if (pressed.double && this.wasSelected) {
      editor.handleMode = editor.handleMode === 'frame' ? 'vertices' : 'frame'
      editor.changed('selection')
      return done
    }
    // A plain click on one of several selects it alone.
    if (this.wasSelected && !pressed.shift && !pressed.ctrl) editor.setSelection([this.region.id])
    return done
  }
}
