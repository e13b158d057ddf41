/** Panning and zooming in the middle of any drawing leaves it as it would have been without. */
import { describe, expect, it } from 'vitest'
import { rleArea, rleUnion } from '#shared/geometry/rle.ts'
import type { Rle, Shape } from '#shared/model/shape.ts'
import { toScreen } from '../../../src-renderer/canvas/view.ts'
import { box, onCanvas, polygon, region } from './on-canvas.ts'

type Canvas = ReturnType<typeof onCanvas>
/** One step of a drawing, in image pixels. */
type Step = (h: Canvas) => void
const down =
  (x: number, y: number): Step =>
  (h) =>
    void h.move(x, y).down(x, y)
const move =
  (x: number, y: number): Step =>
  (h) =>
    void h.move(x, y)
const up =
  (x: number, y: number): Step =>
  (h) =>
    void h.move(x, y).up(x, y)
const click =
  (x: number, y: number): Step =>
  (h) =>
    void h.click(x, y)
const confirm: Step = (h) => void h.editor.execute('confirm')

const edges = (() => {
  const [width, height] = [200, 100]
  const data = new Uint8Array(width * height * 4).fill(255)
  for (let y = 20; y < 80; y++) for (let x = 50; x < 150; x++) data.set([0, 0, 0], 4 * (y * width + x))
  return { width, height, data }
})()

const drawings: [name: string, tool: string, steps: Step[]][] = [
  ['box by a drag', 'box', [down(20, 20), move(40, 30), up(80, 60)]],
  ['box by two clicks', 'box', [click(20, 20), move(40, 30), click(80, 60)]],
  ['rotated box', 'rotated-box', [click(20, 20), move(60, 30), click(90, 40), move(80, 60), click(70, 80)]],
  ['polygon', 'polygon', [click(20, 20), click(80, 25), move(90, 50), click(70, 80), confirm]],
  ['polyline', 'polyline', [click(20, 20), click(80, 25), move(90, 50), click(70, 80), confirm]],
  ['scissors', 'scissors', [click(50, 20), move(100, 20), click(150, 20), click(150, 80), click(50, 80), confirm]],
  ['points', 'points', [click(20, 20), click(30, 40)]],
  ['magic wand', 'wand', [down(100, 50), up(100, 50)]],
]

const wheel: Step = (h) => h.editor.wheel({ x: 333, y: 222, deltaX: 40, deltaY: -65, ctrl: false, shift: false })
const zoomIn: Step = (h) => h.editor.wheel({ x: 120, y: 90, deltaX: 0, deltaY: -120, ctrl: true, shift: false })
const zoomOut: Step = (h) => h.editor.wheel({ x: 400, y: 300, deltaX: 0, deltaY: 37, ctrl: true, shift: false })
const pinch: Step = (h) => h.editor.wheel({ x: 60, y: 60, deltaX: 0, deltaY: -4, ctrl: true, shift: false })
const fit: Step = (h) => void h.editor.execute('zoom-fit')
/** With a button of its own, while the left one may be held. */
const middleDrag: Step = ({ editor }) => {
  const input = { time: 1e9, shift: false, alt: false, ctrl: false, buttons: 4 }
  editor.pointerDown({ ...input, x: 300, y: 300, button: 1 })
  editor.pointerMove({ ...input, x: 340, y: 260, button: -1 })
  editor.pointerUp({ ...input, x: 340, y: 260, button: 1, buttons: 0 })
}
/** Between presses only: the same button draws. */
const spaceDrag: Step = (h) => {
  const { editor } = h
  if (h.pressed) return
  const input = { time: 1e9, shift: false, alt: false, ctrl: false }
  editor.holdPan(true)
  editor.pointerDown({ ...input, x: 300, y: 300, button: 0, buttons: 1 })
  editor.pointerMove({ ...input, x: 250, y: 330, button: -1, buttons: 1 })
  editor.pointerUp({ ...input, x: 250, y: 330, button: 0, buttons: 0 })
  editor.holdPan(false)
}
const views = {
  wheel,
  'zoom in': zoomIn,
  'zoom out': zoomOut,
  'trackpad pinch': pinch,
  fit,
  'middle drag': middleDrag,
  'space and drag': spaceDrag,
}

/** Coordinates to a thousandth of a pixel: through a zoomed view they come back with rounding. */
const rounded = (shapes: readonly Shape[]): unknown =>
  JSON.parse(JSON.stringify(shapes), (_, v: unknown) => (typeof v === 'number' ? Math.round(v * 1000) / 1000 : v))

const drawn = (tool: string, steps: readonly Step[], between: Step | null) => {
  const h = onCanvas([], { pixels: edges }).tool(tool)
  for (const step of steps) {
    step(h)
    between?.(h)
  }
  return h
}

describe.each(drawings)('%s', (_, tool, steps) => {
  const plain = drawn(tool, steps, null)

  it.each(Object.entries(views))('is the same with a %s between its steps', (_name, between) => {
    const h = drawn(tool, steps, between)
    expect(plain.edits.length).toBeGreaterThan(0)
    expect(rounded(h.shapes)).toEqual(rounded(plain.shapes))
    expect(h.edits.map((e) => e.action)).toEqual(plain.edits.map((e) => e.action))
  })
})

describe('brush', () => {
  const strokes = (...lines: [number, number][][]) => {
    const h = onCanvas([]).tool('brush')
    for (const [from, ...on] of lines) {
      if (!from) continue
      h.move(...from).down(...from)
      for (const to of on) h.move(...to)
      h.up(...(on.at(-1) ?? from))
    }
    return h.shapes
  }

  it.each(['middle drag', 'zoom in', 'zoom out'] as const)('is the same with a %s that leaves the pointer on its pixel', (name) => {
    const h = onCanvas([]).tool('brush').move(120, 90).down(120, 90)
    if (name === 'middle drag') middleDrag(h)
    else
      h.editor.wheel({
        ...toScreen(h.editor.view, { x: 120, y: 90 }),
        deltaX: 0,
        deltaY: name === 'zoom in' ? -120 : 120,
        ctrl: true,
        shift: false,
      })
    h.move(150, 50).up(150, 50)
    expect(h.shapes).toEqual(
      strokes([
        [120, 90],
        [150, 50],
      ]),
    )
  })

  it('does not paint what a wheel moves past it, and continues from there', () => {
    const h = onCanvas([]).tool('brush').move(30, 30).down(30, 30).move(60, 30)
    h.editor.wheel({ x: 60, y: 30, deltaX: 90, deltaY: 20, ctrl: false, shift: false }) // the pointer is now over (150, 50)
    h.move(160, 60).up(160, 60)
    expect(h.shapes).toHaveLength(1)
    const [first, second] = strokes([
      [30, 30],
      [60, 30],
    ]).concat(onCanvas([]).tool('brush').drag(150, 50, 160, 60).shapes) as { kind: 'mask'; rle: Rle }[]
    expect(rleArea((h.shapes[0] as { rle: Rle }).rle)).toBe(rleArea(rleUnion(first!.rle, second!.rle)))
  })
})

describe('with the select tool', () => {
  const moved = (between: Step | null, steps: Step[], shape: Shape) => {
    const h = onCanvas([region(shape)]).tool('select')
    h.editor.setSelection([h.editor.regions.all()[0]!.id])
    for (const step of steps) {
      step(h)
      between?.(h)
    }
    return rounded(h.shapes)
  }
  it.each(Object.entries(views))('a move and a vertex drag are the same with a %s between their steps', (_name, between) => {
    const move1 = [down(40, 40), move(50, 45), up(70, 50)]
    expect(moved(between, move1, box(30, 30, 20, 20))).toEqual(moved(null, move1, box(30, 30, 20, 20)))
    const vertex = [down(30, 30), move(25, 28), up(20, 22)]
    const triangle = polygon(30, 30, 80, 30, 60, 80)
    expect(moved(between, vertex, triangle)).toEqual(moved(null, vertex, triangle))
  })
})

describe('the view', () => {
  it('keeps the point under the pointer while a pinch zooms, and follows the speed of the fingers', () => {
    const { editor } = onCanvas()
    const at = { x: 80, y: 40 }
    const before = toScreen(editor.view, at)
    for (let i = 0; i < 20; i++) editor.wheel({ ...before, deltaX: 0, deltaY: -4, ctrl: true, shift: false })
    expect(toScreen(editor.view, at).x).toBeCloseTo(before.x, 6)
    expect(editor.view.scale).toBeGreaterThan(2)
  })
})
