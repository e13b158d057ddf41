/** Pointer events at image pixels (the view is 1:1 unless a test changes it), actions, and what came of them. */
import { expect } from 'vitest'
import type { Region } from '#shared/model/region.ts'
import type { Shape } from '#shared/model/shape.ts'
import { CanvasEditor } from '../../../src-renderer/canvas/editor.ts'
import { invertEdit } from '../../../src-renderer/canvas/edits.ts'
import type { Pixels, PointerInput, RegionEdit, ToolName } from '../../../src-renderer/canvas/types.ts'
import { toScreen } from '../../../src-renderer/canvas/view.ts'

type Held = Partial<Pick<PointerInput, 'shift' | 'alt' | 'ctrl' | 'button'>>

export const box = (x: number, y: number, w: number, h: number): Shape => ({ kind: 'box', x, y, w, h })
export const polygon = (...points: number[]): Shape => ({ kind: 'polygon', parts: [[points]] })

let nextId = 1
export const region = (shape: Shape, more: Partial<Region> = {}): Region => ({
  id: nextId++,
  mediaId: 1,
  labelId: null,
  shape,
  attributes: {},
  author: { kind: 'person', name: 'tester' },
  state: 'accepted',
  z: nextId,
  hidden: false,
  locked: false,
  ...more,
})

export function onCanvas(
  regions: Region[] = [],
  { width = 200, height = 100, pixels }: { width?: number; height?: number; pixels?: Pixels } = {},
) {
  const edits: RegionEdit[] = []
  const editor = new CanvasEditor({ author: () => ({ kind: 'person', name: 'tester' }), onEdit: (edit) => edits.push(edit) })
  editor.setViewport({ width: 1000, height: 1000 })
  editor.open({ mediaId: 1, width, height, url: 'image' }, regions)
  editor.setView({ x: 0, y: 0, scale: 1 })
  editor.set({ snapping: false })
  if (pixels) editor.pixels = () => pixels
  let time = 0
  let buttons = 0
  const input = (x: number, y: number, held: Held = {}): PointerInput => ({
    ...toScreen(editor.view, { x, y }),
    time,
    buttons,
    button: 0,
    shift: false,
    alt: false,
    ctrl: false,
    ...held,
  })
  const it = {
    editor,
    edits,
    tool(name: ToolName) {
      editor.setTool(name)
      return it
    },
    move(x: number, y: number, held?: Held) {
      time += 1000
      editor.pointerMove(input(x, y, { button: -1, ...held }))
      return it
    },
    down(x: number, y: number, held?: Held) {
      time += 1000
      buttons = 1
      editor.pointerDown(input(x, y, held))
      return it
    },
    up(x: number, y: number, held?: Held) {
      buttons = 0
      editor.pointerUp(input(x, y, held))
      return it
    },
    click: (x: number, y: number, held?: Held) => it.move(x, y, held).down(x, y, held).up(x, y, held),
    /** The next press follows the one before at once. */
    again(x: number, y: number, held?: Held) {
      time -= 1000
      return it.down(x, y, held)
    },
    doubleClick: (x: number, y: number, held?: Held) => it.click(x, y, held).again(x, y, held).up(x, y, held),
    drag(x0: number, y0: number, x1: number, y1: number, held?: Held) {
      return it
        .move(x0, y0, held)
        .down(x0, y0, held)
        .move((x0 + x1) / 2, (y0 + y1) / 2, held)
        .move(x1, y1, held)
        .up(x1, y1, held)
    },
    expectPath(path: string) {
      expect(editor.state.path).toBe(path)
      return it
    },
    get pressed() {
      return buttons !== 0
    },
    get shapes() {
      return editor.regions.all().map((r) => r.shape)
    },
    get last() {
      return edits.at(-1)!
    },
    /** What the application does on undo: the inverse comes back from outside. */
    takeBack() {
      editor.receive(invertEdit(edits.at(-1)!).changes)
      return it
    },
  }
  return it
}
