import { describe, expect, test } from 'vitest'
import { rleFromBitmap } from '#shared/geometry/rle.ts'
import { box, onCanvas, polygon, region } from './on-canvas.ts'

describe('selecting', () => {
  const under = region(box(10, 10, 80, 80), { z: 0 })
  const top = region(box(40, 40, 20, 20), { z: 1 })
  test('a click selects the topmost region, Alt-click the one beneath, a click on nothing none', () => {
    const h = onCanvas([top, under]).click(50, 50)
    expect(h.editor.selection).toEqual([top.id])
    h.click(55, 55, { alt: true })
    expect(h.editor.selection).toEqual([under.id])
    h.click(150, 50)
    expect(h.editor.selection).toEqual([])
  })
  test('Shift toggles; a plain click on one of several selects it alone', () => {
    const h = onCanvas([under, top]).click(20, 20).click(50, 50, { shift: true })
    expect(h.editor.selection).toEqual([under.id, top.id])
    h.click(15, 80)
    expect(h.editor.selection).toEqual([under.id])
    h.click(15, 80, { shift: true })
    expect(h.editor.selection).toEqual([])
  })
  test('the rubber band selects what it touches, not what only its bounding box touches', () => {
    const corner = region(polygon(100, 0, 200, 0, 200, 100)) // nothing of it at the lower left
    const h = onCanvas([under, corner]).drag(95, 95, 5, 85)
    expect(h.editor.selection).toEqual([under.id])
    expect(h.drag(105, 95, 125, 60).editor.selection).toEqual([])
    expect(h.drag(105, 95, 150, 40).editor.selection).toEqual([corner.id])
  })
  test('Escape ends a rubber band and restores the selection', () => {
    const h = onCanvas([under, top]).click(20, 20).move(150, 5).down(150, 5).move(100, 50)
    h.editor.execute('cancel')
    expect(h.expectPath('select.idle').editor.selection).toEqual([under.id])
  })
  test('hidden regions are never hit, locked ones only if nothing else is', () => {
    const h = onCanvas([under, region(box(0, 0, 95, 95), { locked: true, z: 9 }), region(box(0, 0, 95, 95), { hidden: true, z: 10 })])
    expect(h.click(50, 50).editor.selection).toEqual([under.id])
  })
})

describe('moving', () => {
  test('is one edit, previewed while it lasts, and undone by its inverse', () => {
    const r = region(box(10, 10, 20, 20))
    const h = onCanvas([r]).move(15, 15).down(15, 15).move(25, 20).expectPath('select.moving')
    expect(h.editor.overlay.previews?.get(r.id)).toEqual(box(20, 15, 20, 20))
    expect(h.shapes).toEqual([box(10, 10, 20, 20)])
    h.move(45, 25).up(45, 25)
    expect(h.shapes).toEqual([box(40, 20, 20, 20)])
    expect(h.edits).toEqual([{ action: 'move region', changes: [{ before: r, after: { ...r, shape: box(40, 20, 20, 20) } }] }])
    expect(h.takeBack().shapes).toEqual([box(10, 10, 20, 20)])
  })
  test('stops at the image border, for all selected regions together', () => {
    const h = onCanvas([region(box(10, 10, 20, 20)), region(polygon(150, 50, 190, 50, 190, 80))])
    h.editor.execute('select-all')
    h.drag(15, 15, 65, 15)
    expect(h.shapes).toEqual([box(20, 10, 20, 20), polygon(160, 50, 200, 50, 200, 80)])
  })
  test('masks move by whole pixels', () => {
    const mask = (at: number) =>
      rleFromBitmap(
        Array.from({ length: 12 }, (_, i) => Number(i === at)),
        3,
        4,
      )
    const h = onCanvas([region({ kind: 'mask', rle: mask(5) })], { width: 4, height: 3 })
    h.editor.setView({ x: 0, y: 0, scale: 20 })
    h.drag(1.5, 1.5, 2.9, 1.6)
    expect(h.shapes).toEqual([{ kind: 'mask', rle: mask(6) }])
  })
  test('a locked region stays', () => {
    const h = onCanvas([region(box(10, 10, 20, 20), { locked: true })]).drag(15, 15, 65, 15)
    expect(h.edits).toEqual([])
  })
})

describe('the frame', () => {
  test('a box is resized by side and corner, also across its opposite side', () => {
    const h = onCanvas([region(box(40, 40, 20, 20))])
      .click(50, 50)
      .drag(60, 60, 80, 70)
    expect(h.shapes).toEqual([box(40, 40, 40, 30)])
    h.drag(40, 55, 100, 55)
    expect(h.shapes).toEqual([box(80, 40, 20, 30)])
  })
  test('rotating a box makes a rotated box; Shift snaps to 15 degrees', () => {
    const h = onCanvas([region(box(40, 40, 20, 20))])
      .click(50, 50)
      .drag(50, 16, 84, 51)
    const [s] = h.shapes
    expect(s).toMatchObject({ kind: 'rotated-box', cx: 50, cy: 50, w: 20, h: 20 })
    h.takeBack().drag(50, 16, 84, 47, { shift: true })
    expect(h.shapes[0]).toMatchObject({ angle: 90 })
  })
  test('a rotated box is resized along its own axes, with the opposite side fixed', () => {
    const h = onCanvas([region({ kind: 'rotated-box', cx: 50, cy: 50, w: 40, h: 20, angle: 90 })])
      .click(50, 50)
      .drag(50, 70, 50, 90)
    const [s] = h.shapes
    expect(s?.kind === 'rotated-box' && [s.cx, s.cy, s.w, s.h].map(Math.round)).toEqual([50, 60, 60, 20])
  })
  test('a double click gives a polygon its frame; several scale together', () => {
    const h = onCanvas([region(polygon(20, 20, 60, 20, 60, 60)), region(box(60, 60, 20, 20))])
      .click(50, 30)
      .doubleClick(50, 30)
    h.drag(60, 60, 40, 40)
    expect(h.shapes[0]).toEqual(polygon(20, 20, 40, 20, 40, 40))
    h.editor.execute('select-all')
    h.drag(80, 80, 50, 50)
    expect(h.shapes).toEqual([polygon(20, 20, 30, 20, 30, 30), box(40, 40, 10, 10)])
  })
  test('pressed again at once and dragged, a region still moves', () => {
    const h = onCanvas([region(box(20, 20, 40, 40))]).click(40, 40)
    expect(h.again(40, 40).move(50, 45).up(50, 45).shapes).toEqual([box(30, 25, 40, 40)])
  })
})

describe('vertices', () => {
  const square = () => {
    const h = onCanvas([region(polygon(20, 20, 80, 20, 80, 80, 20, 80))])
    return h.click(50, 50)
  }
  test('can be dragged', () => {
    const h = square().drag(80, 20, 90, 10)
    expect(h.shapes).toEqual([polygon(20, 20, 90, 10, 80, 80, 20, 80)])
    expect(h.edits).toHaveLength(1)
  })
  test('are inserted by dragging an edge; clicking on it does nothing', () => {
    const h = square().click(50, 20).expectPath('select.idle')
    expect(h.edits).toEqual([])
    expect(h.drag(20, 50, 5, 50).shapes).toEqual([polygon(20, 20, 80, 20, 80, 80, 20, 80, 5, 50)])
  })
  test('are removed by Alt-click, or selected and deleted; with fewer than three the region is removed', () => {
    const h = square().click(20, 20, { alt: true })
    expect(h.shapes).toEqual([polygon(80, 20, 80, 80, 20, 80)])
    h.click(80, 20)
    h.editor.execute('delete')
    expect(h.shapes).toEqual([])
    expect(h.last.changes[0]!.after).toBeNull()
    expect(h.takeBack().shapes).toEqual([polygon(80, 20, 80, 80, 20, 80)])
  })
  test('several move together', () => {
    const h = square().click(20, 20).click(80, 20, { shift: true }).drag(80, 20, 85, 10)
    expect(h.shapes).toEqual([polygon(25, 10, 85, 10, 80, 80, 20, 80)])
  })
  test('snap to a neighbour', () => {
    const h = onCanvas([region(polygon(20, 20, 80, 20, 80, 80)), region(box(100, 30, 50, 50))]).click(70, 30)
    h.editor.set({ snapping: true })
    expect(h.drag(80, 20, 97, 33).shapes[0]).toEqual(polygon(20, 20, 100, 30, 80, 80))
  })
  test('of holes work too; a hole that loses its third vertex is removed alone', () => {
    const h = onCanvas([
      region({
        kind: 'polygon',
        parts: [
          [
            [0, 0, 90, 0, 90, 90, 0, 90],
            [20, 20, 60, 20, 60, 60],
          ],
        ],
      }),
    ]).click(70, 80)
    h.click(60, 60, { alt: true })
    expect(h.shapes).toEqual([polygon(0, 0, 90, 0, 90, 90, 0, 90)])
  })
  test('of a region with 20,000 are dragged within milliseconds', () => {
    const ring = Array.from({ length: 20_000 }, (_, i) => (i / 10_000) * Math.PI).flatMap((a) => [
      500 + 400 * Math.cos(a),
      500 + 400 * Math.sin(a),
    ])
    const h = onCanvas([region(polygon(...ring))], { width: 1000, height: 1000 }).click(500, 500)
    const from = process.cpuUsage()
    h.drag(900, 500, 950, 500)
    expect(process.cpuUsage(from).user / 1000).toBeLessThan(500)
    expect(h.shapes[0]).toMatchObject({ parts: [[expect.objectContaining({ 0: 950, 1: 500 })]] })
  })
})

test('a change from outside cancels a gesture on that region', () => {
  const r = region(box(10, 10, 20, 20))
  const h = onCanvas([r]).move(15, 15).down(15, 15).move(45, 25)
  h.editor.receive([{ before: r, after: { ...r, shape: box(0, 0, 5, 5) } }])
  h.expectPath('select.idle').up(45, 25)
  expect(h.shapes).toEqual([box(0, 0, 5, 5)])
  expect(h.edits).toEqual([])
})

test('a saved region stays selected under its new id, and edits may use its old one', () => {
  const h = onCanvas().tool('box').drag(10, 10, 30, 30)
  const temporary = h.last.changes[0]!.after!
  expect(temporary.id).toBeLessThan(0)
  h.editor.rename(temporary.id, 77)
  expect(h.editor.selection).toEqual([77])
  h.editor.receive([{ before: temporary, after: null }])
  expect(h.shapes).toEqual([])
})
