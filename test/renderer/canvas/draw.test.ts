import { describe, expect, test } from 'vitest'
import { box, onCanvas, polygon, region } from './on-canvas.ts'

describe('box', () => {
  test('is drawn by dragging in any direction, and the tool stays active', () => {
    const h = onCanvas().tool('box').drag(60, 50, 10, 20).expectPath('box.idle')
    expect(h.shapes).toEqual([box(10, 20, 50, 30)])
    expect(h.last).toMatchObject({ action: 'draw box', changes: [{ before: null, after: { mediaId: 1, labelId: null, z: 0 } }] })
    expect(h.editor.selection).toEqual([h.last.changes[0]!.after!.id])
  })
  test('is drawn with two clicks', () => {
    const h = onCanvas().tool('box').click(10, 20).expectPath('box.drawing').move(30, 30).click(60, 50).expectPath('box.idle')
    expect(h.shapes).toEqual([box(10, 20, 50, 30)])
  })
  test('is clamped to the image', () => {
    expect(onCanvas().tool('box').drag(150, 50, 400, -20).shapes).toEqual([box(150, 0, 50, 50)])
  })
  test('Escape cancels it without a trace', () => {
    const h = onCanvas().tool('box').down(10, 10).move(50, 50)
    expect(h.editor.overlay.draft).toEqual(box(10, 10, 40, 40))
    expect(h.editor.execute('cancel')).toBe(true)
    h.expectPath('box.idle').up(50, 50)
    expect(h.edits).toEqual([])
    expect(h.editor.overlay.draft).toBeUndefined()
  })
  test('gets the active label, and a label key relabels it', () => {
    const h = onCanvas().tool('box')
    h.editor.setLabel(3)
    h.drag(0, 0, 10, 10)
    expect(h.last.changes[0]!.after!.labelId).toBe(3)
    h.editor.setLabel(4)
    expect(h.last).toMatchObject({ action: 'label', changes: [{ before: { labelId: 3 }, after: { labelId: 4 } }] })
  })
})

test('a rotated box: two clicks for an edge, one for its depth', () => {
  const h = onCanvas().tool('rotated-box').click(10, 10).expectPath('rotated-box.edge').click(40, 50).expectPath('rotated-box.depth')
  h.move(0, 0)
    .click(10 - 16, 10 + 12)
    .expectPath('rotated-box.idle')
  const s = h.shapes[0]!
  expect(s).toMatchObject({ kind: 'rotated-box', w: 50 })
  expect(s.kind === 'rotated-box' && [s.h, s.angle, s.cx, s.cy].map((v) => Math.round(1000 * v) / 1000)).toEqual([20, 53.13, 17, 36])
})

describe('polygon', () => {
  const triangle = () => onCanvas().tool('polygon').click(10, 10).click(60, 10).click(60, 50)
  test.each([
    ['the first vertex', (h: ReturnType<typeof triangle>) => h.click(12, 11)],
    ['a double click', (h: ReturnType<typeof triangle>) => h.doubleClick(10, 50)],
    ['the right button', (h: ReturnType<typeof triangle>) => h.click(90, 90, { button: 2 })],
  ])('is closed by %s', (name, close) => {
    const h = close(triangle().expectPath('polygon.drawing')).expectPath('polygon.idle')
    expect(h.shapes).toEqual([name === 'a double click' ? polygon(10, 10, 60, 10, 60, 50, 10, 50) : polygon(10, 10, 60, 10, 60, 50)])
    expect(h.edits).toHaveLength(1)
  })
  test('is closed by Enter once it has three vertices', () => {
    const h = onCanvas().tool('polygon').click(10, 10).click(60, 10)
    expect(h.editor.execute('confirm')).toBe(true)
    h.expectPath('polygon.drawing').click(60, 50)
    h.editor.execute('confirm')
    expect(h.expectPath('polygon.idle').shapes).toEqual([polygon(10, 10, 60, 10, 60, 50)])
  })
  test('Backspace and undo remove a vertex, redo restores it; before the first they do nothing', () => {
    const h = triangle()
    expect(h.editor.execute('remove-last')).toBe(true)
    expect(h.editor.execute('undo')).toBe(true)
    expect(h.editor.overlay.line).toEqual([10, 10, 60, 50]) // the last two: the pointer
    expect(h.editor.execute('redo')).toBe(true)
    expect(h.editor.overlay.line).toEqual([10, 10, 60, 10, 60, 50])
    h.editor.execute('undo')
    h.editor.execute('undo')
    h.expectPath('polygon.idle')
    expect(h.editor.execute('undo')).toBe(false) // now it is the application's
    expect(h.edits).toEqual([])
  })
  test('panning and zooming during drawing change nothing', () => {
    const h = onCanvas().tool('polygon').click(10, 10).click(60, 10)
    h.editor.holdPan(true)
    h.drag(60, 10, 120, 90).expectPath('polygon.drawing')
    h.editor.holdPan(false)
    h.drag(20, 20, 0, 80, { button: 1 })
    expect(h.editor.view).not.toEqual({ x: 0, y: 0, scale: 1 })
    h.editor.wheel({ x: 300, y: 200, deltaX: 0, deltaY: -400, ctrl: true, shift: false })
    expect(h.editor.view.scale).toBeCloseTo(Math.E)
    h.click(60, 50).click(10, 10)
    const [s] = h.shapes
    expect(s?.kind === 'polygon' && s.parts[0]![0]!.map((v) => Math.round(v * 1e6) / 1e6)).toEqual([10, 10, 60, 10, 60, 50])
  })
  test('the line follows the pointer through a zoom', () => {
    const h = onCanvas().tool('polygon').click(10, 10).move(50, 50)
    h.editor.zoom(2, { x: 0, y: 0 })
    expect(h.editor.overlay.line).toEqual([10, 10, 25, 25])
  })
  test('Shift adds a part to the selected one and Alt a hole', () => {
    const outer = region(polygon(10, 10, 90, 10, 90, 90, 10, 90))
    const h = onCanvas([outer])
    h.editor.setSelection([outer.id])
    h.tool('polygon').click(30, 30, { alt: true }).click(50, 30).click(50, 50)
    h.editor.execute('confirm')
    expect(h.last.action).toBe('add hole')
    h.click(110, 10, { shift: true }).click(150, 10).click(150, 50)
    h.editor.execute('confirm')
    expect(h.shapes).toEqual([
      {
        kind: 'polygon',
        parts: [
          [
            [10, 10, 90, 10, 90, 90, 10, 90],
            [30, 30, 50, 30, 50, 50],
          ],
          [[110, 10, 150, 10, 150, 50]],
        ],
      },
    ])
  })
  test('snaps to a neighbour’s vertices before its edges', () => {
    const h = onCanvas([region(polygon(50, 10, 90, 10, 90, 90, 50, 90))])
    h.editor.set({ snapping: true })
    h.tool('polygon').click(10, 10).click(46, 13).click(47, 60)
    h.editor.execute('confirm')
    expect(h.shapes[1]).toEqual(polygon(10, 10, 50, 10, 50, 60))
  })
  test('switching the tool cancels it', () => {
    const h = triangle().tool('select').expectPath('select.idle')
    expect(h.edits).toEqual([])
    h.editor.execute('tool-last')
    h.expectPath('polygon.idle')
  })
})

test('a polyline ends with a double click', () => {
  expect(onCanvas().tool('polyline').click(10, 10).click(60, 10).doubleClick(60, 50).shapes).toEqual([
    { kind: 'polyline', points: [10, 10, 60, 10, 60, 50] },
  ])
})

test('points: one per click, with Shift added to the same region', () => {
  const h = onCanvas().tool('points').click(10, 10).click(20, 20).click(30, 30, { shift: true })
  expect(h.shapes).toEqual([
    { kind: 'keypoints', points: [{ x: 10, y: 10, v: 2 }] },
    {
      kind: 'keypoints',
      points: [
        { x: 20, y: 20, v: 2 },
        { x: 30, y: 30, v: 2 },
      ],
    },
  ])
})

test('the ruler measures without changing the document', () => {
  const h = onCanvas().tool('ruler').drag(10, 10, 40, 50).expectPath('ruler.idle')
  expect(h.editor.overlay.ruler).toEqual([
    { x: 10, y: 10 },
    { x: 40, y: 50 },
  ])
  expect(h.edits).toEqual([])
})
