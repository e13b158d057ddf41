import { describe, expect, test } from 'vitest'
import { rleArea, rleFromBitmap } from '#shared/geometry/rle.ts'
import { invertEdit } from '../../../src-renderer/canvas/edits.ts'
import { chordOf, isTextField } from '../../../src-renderer/canvas/keyboard.ts'
import { fitBox, toImage, zoomAbout } from '../../../src-renderer/canvas/view.ts'
import { box, onCanvas, polygon, region } from './on-canvas.ts'

describe('copies', () => {
  test('duplicates are offset, on top, selected; one edit for all', () => {
    const [a, b] = [region(box(10, 10, 20, 20), { labelId: 5, attributes: { occluded: true } }), region(box(50, 10, 20, 20))]
    const h = onCanvas([a, b])
    h.editor.execute('select-all')
    expect(h.editor.execute('duplicate')).toBe(true)
    expect(h.edits).toHaveLength(1)
    expect(h.shapes.slice(2)).toEqual([box(22, 22, 20, 20), box(62, 22, 20, 20)])
    const copy = h.editor.selected[0]!
    expect(copy).toMatchObject({ labelId: 5, attributes: { occluded: true } })
    expect(copy.z).toBeGreaterThan(Math.max(a.z, b.z))
    expect(h.takeBack().shapes).toEqual([a.shape, b.shape])
  })
  test('are pasted on another image at the same place, clipped, with masks on its grid; what is outside is dropped', () => {
    const rle = rleFromBitmap(
      Array.from({ length: 200 * 100 }, (_, i) => Number(i % 200 >= 90 && i % 200 < 110)),
      100,
      200,
    )
    const h = onCanvas([
      region(box(80, 10, 40, 20), { z: 1 }),
      region({ kind: 'mask', rle }, { z: 2 }),
      region(box(150, 10, 40, 20), { z: 3 }),
    ])
    h.editor.execute('select-all')
    h.editor.execute('copy')
    h.editor.open({ mediaId: 2, width: 100, height: 50, url: 'other' }, [])
    expect(h.editor.execute('paste')).toBe(true)
    expect(h.shapes[0]).toEqual(box(80, 10, 20, 20))
    const pasted = h.shapes[1]!
    expect(pasted.kind === 'mask' && [pasted.rle.size, rleArea(pasted.rle)]).toEqual([[50, 100], 10 * 50])
    expect(h.shapes).toHaveLength(2)
    expect(h.last.changes.every((c) => c.after?.mediaId === 2)).toBe(true)
  })
  test('do nothing with nothing selected or copied', () => {
    const h = onCanvas([region(box(0, 0, 10, 10))])
    for (const action of [
      'copy',
      'paste',
      'duplicate',
      'delete',
      'merge',
      'subtract',
      'lock',
      'hide',
      'bring-to-front',
      'nudge-left',
      'cancel',
      'undo',
      'redo',
    ] as const)
      expect([action, h.editor.execute(action)]).toEqual([action, false])
    expect(h.edits).toEqual([])
  })
})

describe('areas', () => {
  const [left, right] = [region(box(0, 0, 20, 10), { labelId: 1 }), region(polygon(10, 0, 30, 0, 30, 10, 10, 10), { labelId: 2 })]
  test('merging polygons and boxes gives one polygon in the first one’s place', () => {
    const h = onCanvas([left, right])
    h.editor.setSelection([left.id, right.id])
    h.editor.execute('merge')
    const [merged] = h.editor.regions.all()
    expect(merged).toMatchObject({ id: left.id, labelId: 1, shape: { kind: 'polygon' } })
    expect(h.shapes).toHaveLength(1)
    expect(h.takeBack().shapes).toEqual([left.shape, right.shape])
  })
  test('subtracting keeps the other regions', () => {
    const h = onCanvas([left, right])
    h.editor.setSelection([left.id, right.id])
    h.editor.execute('subtract')
    const [s] = h.shapes
    expect(s?.kind === 'polygon' && new Set(s.parts[0]![0]!.filter((_, i) => i % 2 === 0))).toEqual(new Set([0, 10]))
    expect(h.shapes[1]).toEqual(right.shape)
  })
  test('subtracting a region that does not overlap leaves a box a box', () => {
    const far = region(box(60, 60, 9, 9))
    const h = onCanvas([left, far])
    h.editor.setSelection([left.id, far.id])
    expect(h.editor.execute('subtract')).toBe(false)
    expect(h.shapes).toEqual([left.shape, far.shape])
  })
  test('lines have no area to merge', () => {
    const line = region({ kind: 'polyline', points: [0, 0, 9, 9] })
    const h = onCanvas([left, line])
    h.editor.execute('select-all')
    expect(h.editor.execute('merge')).toBe(false)
  })
})

describe('order', () => {
  const made = () => {
    const regions = [1, 2, 3, 4].map((id) => region(box(id, 0, 10, 10), { z: 7 })) // all alike, as an import leaves them
    return { h: onCanvas(regions), ids: regions.map((r) => r.id) }
  }
  const order = (h: ReturnType<typeof onCanvas>, ids: number[]) => h.editor.regions.all().map((r) => ids.indexOf(r.id) + 1)
  test.each([
    ['bring-forward', [1, 2], [3, 1, 2, 4]],
    ['send-backward', [2, 4], [2, 1, 4, 3]],
    ['bring-to-front', [1, 3], [2, 4, 1, 3]],
    ['send-to-back', [2, 4], [2, 4, 1, 3]],
    ['bring-forward', [4], [1, 2, 3, 4]],
  ] as const)('%s of %j', (command, chosen, expected) => {
    const { h, ids } = made()
    h.editor.setSelection(chosen.map((n) => ids[n - 1]!))
    h.editor.execute(command)
    expect(order(h, ids)).toEqual(expected)
  })
})

test('hide and lock toggle all to the same state; locked regions are not deleted', () => {
  const [a, b] = [region(box(0, 0, 10, 10)), region(box(20, 0, 10, 10), { locked: true })]
  const h = onCanvas([a, b])
  h.editor.setSelection([a.id, b.id])
  h.editor.execute('delete')
  expect(h.shapes).toEqual([b.shape])
  h.editor.execute('lock')
  h.editor.execute('hide')
  expect(h.editor.regions.get(b.id)).toMatchObject({ locked: false, hidden: true })
})

test('undoing the undo gives the same edit', () => {
  const h = onCanvas([region(box(0, 0, 10, 10))])
  h.editor.execute('select-all')
  h.editor.execute('nudge-right')
  expect(invertEdit(invertEdit(h.last))).toEqual(h.last)
  expect(h.shapes).toEqual([box(1, 0, 10, 10)])
})

describe('view', () => {
  test('zooming keeps the point under the pointer fixed', () => {
    const view = { x: 10, y: 20, scale: 0.5 }
    const at = { x: 300, y: 200 }
    expect(toImage(zoomAbout(view, at, 3), at)).toEqual(toImage(view, at))
    expect(zoomAbout(view, at, 1e9).scale).toBe(64)
  })
  test('fitting shows the whole image', () => {
    expect(fitBox({ x: 0, y: 0, w: 200, h: 100 }, { width: 232, height: 500 })).toEqual({ scale: 1, x: 16, y: 200 })
  })
})

describe('keys', () => {
  const key = (k: string, held: Partial<Parameters<typeof chordOf>[0]> = {}) =>
    chordOf({ key: k, ctrlKey: false, metaKey: false, shiftKey: false, altKey: false, ...held })
  test('a chord is written the same on every keyboard', () => {
    expect([key('z', { metaKey: true, shiftKey: true }), key('Z', { ctrlKey: true, shiftKey: true }), key(' '), key('F1')]).toEqual([
      'Ctrl+Shift+Z',
      'Ctrl+Shift+Z',
      'Space',
      'F1',
    ])
  })
  test('single keys do nothing in text fields', () => {
    expect(
      [
        { tagName: 'INPUT', type: 'text' },
        { tagName: 'input', type: 'range' },
        { tagName: 'DIV', isContentEditable: true },
        { tagName: 'BUTTON' },
        null,
      ].map(isTextField),
    ).toEqual([true, false, true, false, false])
  })
})

test('an image shown in full stays fitted when the window is resized, a zoomed one is unchanged', () => {
  const { editor } = onCanvas()
  const whole = (width: number, height: number) => fitBox({ x: 0, y: 0, w: 200, h: 100 }, { width, height })
  editor.fit()
  editor.setViewport({ width: 900, height: 300 })
  expect(editor.view).toEqual(whole(900, 300))
  editor.zoom(2)
  const zoomed = editor.view
  editor.setViewport({ width: 500, height: 500 })
  expect(editor.view).toEqual(zoomed)
})
