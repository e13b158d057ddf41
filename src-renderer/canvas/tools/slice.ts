import { Slice } from 'lucide-vue-next'
import type { Region } from '#shared/model/region.ts'
import { counted } from '../commands/change.ts'
import type { CanvasDocument } from '../document.ts'
import { isShown } from '../regions.ts'
import { distance } from '../snap.ts'
import { SnappingState } from '../snapping-state.ts'
import { SpanState } from '../span-state.ts'
import { done, type Next } from '../tool-state.ts'
import { defineTool } from '../tool.ts'
import type { Overlay, Point, PointerInfo, RegionChange } from '../types.ts'
import { cutShape } from './slice/cut.ts'

/**
 * Cuts the selected regions or, without a selection, all that the line crosses. The largest piece keeps the id. All pieces of selected
 * regions stay selected; without a selection none is made, so that the next line cuts other regions.
 */
function slice(editor: CanvasDocument, from: Point, to: Point): void {
  const [x, y] = [Math.min(from.x, to.x), Math.min(from.y, to.y)]
  const crossed = () =>
    editor.settings.hideAll
      ? []
      : editor.regions
          .inBox({ x, y, w: Math.abs(to.x - from.x), h: Math.abs(to.y - from.y) })
          .filter((r) => isShown(r) && !r.locked && editor.regions.isSaved(r))
  const changes: RegionChange[] = []
  const pieces: Region[] = []
  const { selection } = editor
  for (const before of selection.length ? editor.editable.filter(editor.regions.isSaved) : crossed()) {
    const [first, ...rest] = cutShape(before.shape, from, to) ?? []
    if (!first) continue
    const { labelId, attributes, state } = before
    const after = { ...before, shape: first }
    const others = rest.map((shape, i) =>
      editor.newRegion(shape, { labelId, attributes, state, z: editor.regions.topZ + 1 + pieces.length + i }),
    )
    changes.push({ before, after }, ...others.map((r) => ({ before: null, after: r })))
    pieces.push(after, ...others)
  }
  if (!pieces.length) return
  editor.commit(counted('split', changes.filter((c) => c.before).length), changes)
  editor.setSelection(selection.length ? [...selection, ...pieces.map((r) => r.id)] : [])
}

class SliceIdle extends SnappingState {
  readonly path = 'slice.idle'
  override onPointerDown(e: PointerInfo): Next {
    return e.button === 0 ? new SliceDrawing(this.editor, this.place(e), e.screen) : undefined
  }
}

/** Draws the cut from end to end, by dragging or with two clicks; Shift keeps it horizontal, vertical or diagonal. */
class SliceDrawing extends SpanState {
  readonly path = 'slice.drawing'
  protected override end(e: PointerInfo): Point {
    return e.shift ? this.straight(e.point) : this.place(e)
  }
  private straight(p: Point): Point {
    this.snap = null
    const [dx, dy] = [p.x - this.from.x, p.y - this.from.y]
    const angle = (Math.round(Math.atan2(dy, dx) / (Math.PI / 4)) * Math.PI) / 4
    const length = dx * Math.cos(angle) + dy * Math.sin(angle)
    return { x: this.from.x + length * Math.cos(angle), y: this.from.y + length * Math.sin(angle) }
  }
  protected finish(): Next {
    if (distance(this.from, this.to) > 0) slice(this.editor, this.from, this.to)
    return done
  }
  override overlay(): Overlay {
    return { ...super.overlay(), line: [this.from.x, this.from.y, this.to.x, this.to.y] }
  }
}

export default defineTool({
  id: 'slice',
  section: 'outline',
  order: 7,
  title: { en: 'Slice', ja: 'スライス' },
  icon: Slice,
  keys: ['Shift+Q'],
  cursor: 'crosshair',
  makes: ['polygon', 'mask'],
  hints: {
    idle: {
      en: 'Draw a line across regions to cut them in pieces · Shift: horizontal, vertical or diagonal',
      ja: '領域を横切る線を引いて切り分け · Shift で水平・垂直・斜め 45°',
    },
    selected: {
      en: 'Draw a line across the selection to cut it in pieces · Shift: horizontal, vertical or diagonal',
      ja: '選択中の領域を横切る線を引いて切り分け · Shift で水平・垂直・斜め 45°',
    },
  },
  hint: ({ selected }) => (selected ? 'selected' : 'idle'),
  during: { drawing: { keys: ['cancel'] } },
  start: (editor) => new SliceIdle(editor),
})
