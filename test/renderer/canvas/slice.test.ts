/** The slice tool: a line across regions cuts them in pieces, as one change. */
import { describe, expect, test } from 'vitest'
import { polygonArea } from '#shared/geometry/polygon.ts'
import { rleArea, rleFromBitmap, rleIntersection, rleUnion } from '#shared/geometry/rle.ts'
import { shapeArea } from '#shared/geometry/shape.ts'
import type { MaskShape, Shape } from '#shared/model/shape.ts'
import { box, onCanvas, polygon, region } from './on-canvas.ts'

const areas = (shapes: readonly Shape[]) => shapes.map((s) => Math.round(shapeArea(s) * 1000) / 1000)
const sliced = (...shapes: Shape[]) => onCanvas(shapes.map((s) => region(s, { labelId: 7, attributes: { occluded: true } }))).tool('slice')

describe('a line across a polygon', () => {
  test('cuts it in two by dragging; the larger piece keeps the id', () => {
    const c = sliced(polygon(10, 10, 60, 10, 60, 50, 10, 50))
      .drag(30, 0, 30, 60)
      .expectPath('slice.idle')
    expect(areas(c.shapes)).toEqual([30 * 40, 20 * 40])
    expect(c.edits).toHaveLength(1)
    expect(c.last).toMatchObject({
      action: 'split region',
      changes: [{ before: { labelId: 7 } }, { before: null, after: { labelId: 7, attributes: { occluded: true }, state: 'accepted' } }],
    })
    expect(c.last.changes[0]!.after!.id).toBe(c.last.changes[0]!.before!.id)
    expect(areas(c.takeBack().shapes)).toEqual([50 * 40])
  })
  test('cuts with two clicks too; Escape and undo cancel it', () => {
    const c = sliced(box(10, 10, 50, 40))
      .click(0, 30)
      .expectPath('slice.drawing')
      .move(90, 30)
    expect(c.editor.overlay.line).toEqual([0, 30, 90, 30])
    for (const action of ['cancel', 'undo'] as const) {
      expect(c.editor.execute(action)).toBe(true)
      c.expectPath('slice.idle').click(0, 30)
    }
    c.click(90, 30).expectPath('slice.idle')
    expect(c.shapes).toEqual([expect.objectContaining({ kind: 'polygon' }), expect.objectContaining({ kind: 'polygon' })])
    expect(areas(c.shapes)).toEqual([1000, 1000])
  })
  test('stays horizontal with Shift, at any zoom', () => {
    const c = sliced(box(10, 10, 50, 40))
    c.editor.setView({ x: 5, y: 7, scale: 3 })
    expect(areas(c.drag(0, 20, 90, 24, { shift: true }).shapes)).toEqual([50 * 30, 50 * 10])
  })
  test('cuts nothing if it ends inside, and leaves no change', () => {
    const c = sliced(polygon(10, 10, 60, 10, 60, 50, 10, 50)).drag(30, 0, 30, 30)
    expect(c.edits).toEqual([])
  })
  test('cuts only where it is drawn: the other arm of a U stays', () => {
    const u = polygon(0, 0, 20, 0, 20, 60, 40, 60, 40, 0, 60, 0, 60, 80, 0, 80)
    const one = sliced(u).drag(-5, 30, 25, 30)
    expect(areas(one.shapes)).toEqual([shapeArea(u) - 600, 600])
    const both = sliced(u).drag(-5, 30, 65, 30)
    expect(areas(both.shapes)).toEqual([shapeArea(u) - 1200, 600, 600])
  })
  test('cuts a ring around its hole, and leaves untouched parts with the largest piece', () => {
    const ring: Shape = {
      kind: 'polygon',
      parts: [
        [
          [10, 10, 50, 10, 50, 50, 10, 50],
          [20, 20, 20, 40, 40, 40, 40, 20],
        ],
        [[80, 10, 90, 10, 90, 20, 80, 20]],
      ],
    }
    const c = sliced(ring).drag(0, 30, 60, 30)
    expect(areas(c.shapes)).toEqual([600 + 100, 600])
    expect(c.shapes[0]).toMatchObject({ parts: [[expect.any(Array)], [[80, 10, 90, 10, 90, 20, 80, 20]]] })
  })
  test('snaps its ends to vertices', () => {
    const c = sliced(polygon(10, 10, 60, 10, 60, 50, 10, 50))
    c.editor.set({ snapping: true })
    c.drag(12, 11, 59, 52)
    expect(areas(c.shapes)).toEqual([1000, 1000])
  })
})

describe('the regions cut', () => {
  test('are all that the line crosses, as one change, except locked and hidden ones', () => {
    const c = onCanvas([
      region(box(0, 0, 20, 20)),
      region(box(40, 0, 20, 20)),
      region(box(80, 0, 20, 20), { locked: true }),
      region(box(120, 0, 20, 20), { hidden: true }),
      region(box(0, 60, 20, 20)),
    ]).tool('slice')
    expect(c.drag(0, 10, 180, 10).last).toMatchObject({ action: 'split 2 regions' })
    expect(c.shapes).toHaveLength(7)
    expect(c.editor.selection).toEqual([]) // the next line may cut others
  })
  test('are the selected ones only, if there is a selection', () => {
    const [a, b] = [region(box(0, 0, 20, 20)), region(box(40, 0, 20, 20))]
    const c = onCanvas([a, b])
    c.editor.setSelection([b.id])
    c.tool('slice').drag(0, 10, 180, 10)
    expect(c.editor.regions.get(a.id)!.shape).toEqual(box(0, 0, 20, 20))
    expect(c.shapes).toHaveLength(3)
    expect(c.editor.selection).toEqual(c.last.changes.map((change) => change.after!.id))
  })
  test('are never lines or points', () => {
    const c = sliced({ kind: 'polyline', points: [0, 0, 50, 50] }, { kind: 'keypoints', points: [{ x: 10, y: 10, v: 2 }] }).drag(
      0,
      40,
      90,
      10,
    )
    expect(c.edits).toEqual([])
  })
})

describe('a mask', () => {
  const [height, width] = [100, 200]
  const mask = (inside: (x: number, y: number) => boolean): MaskShape => ({
    kind: 'mask',
    rle: rleFromBitmap(
      Array.from({ length: height * width }, (_, i) => Number(inside(i % width, Math.floor(i / width)))),
      height,
      width,
    ),
  })
  const rles = (shapes: readonly Shape[]) => shapes.map((s) => (s as MaskShape).rle)
  test('is cut pixel by pixel: nothing is lost, nothing is in two pieces', () => {
    const disc = mask((x, y) => (x - 80) ** 2 + (y - 50) ** 2 < 30 ** 2)
    const [a, b, ...more] = rles(sliced(disc).drag(20, 20, 140, 80).shapes)
    expect(more).toEqual([])
    expect(rleUnion(a!, b!)).toEqual(disc.rle)
    expect(rleArea(rleIntersection(a!, b!))).toBe(0)
    expect(Math.abs(rleArea(a!) - rleArea(b!)) / rleArea(disc.rle)).toBeLessThan(0.15)
  })
  test('keeps parts away from the cut in its largest piece', () => {
    const two = mask((x, y) => (x < 40 && y < 30) || (x >= 100 && x < 110 && y < 10))
    expect(rles(sliced(two).drag(10, -5, 10, 40).shapes).map(rleArea)).toEqual([30 * 30 + 100, 10 * 30])
  })
  test('is not cut by a line that ends inside', () => {
    expect(sliced(mask((x, y) => x < 40 && y < 30)).drag(10, 0, 10, 20).edits).toEqual([])
  })
})

test('the pieces of a slice add up to the original area, whatever the line', () => {
  const star = polygon(50, 5, 61, 38, 95, 38, 68, 59, 79, 92, 50, 72, 21, 92, 32, 59, 5, 38, 39, 38)
  for (let angle = 0; angle < 180; angle += 13) {
    const [dx, dy] = [90 * Math.cos((angle * Math.PI) / 180), 90 * Math.sin((angle * Math.PI) / 180)]
    const c = sliced(star)
    c.editor.pointer = null
    c.drag(50 - dx, 48 - dy, 50 + dx, 48 + dy)
    const parts = c.shapes.map((s) => (s.kind === 'polygon' ? polygonArea(s.parts) : 0))
    expect(parts.length, `${angle}°`).toBeGreaterThan(1)
    expect(parts.reduce((a, b) => a + b)).toBeCloseTo(shapeArea(star), 6)
  }
})
