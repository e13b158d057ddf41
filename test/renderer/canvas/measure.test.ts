/** The ruler, lengths and areas in the project's unit, and templates placed. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { angleAt, measured, pathLength } from '#shared/geometry/measure.ts'
import type { Template } from '#shared/model/aid.ts'
import { areaText, lengthText, rounded } from '../../../src-renderer/measure.ts'
import { box, onCanvas, polygon } from './on-canvas.ts'

describe('the ruler', () => {
  it('measures a drag, continues from its end with Shift, and starts anew without', () => {
    const h = onCanvas().tool('ruler').drag(10, 10, 40, 50)
    expect(pathLength(h.editor.overlay.ruler!)).toBe(50)
    h.drag(99, 99, 70, 50, { shift: true })
    expect(h.editor.overlay.ruler).toEqual([
      { x: 10, y: 10 },
      { x: 40, y: 50 },
      { x: 70, y: 50 },
    ])
    expect(h.drag(0, 0, 5, 0).editor.overlay.ruler).toHaveLength(2)
    expect(h.edits).toEqual([])
  })
  it('is cleared by a press or Escape', () => {
    const h = onCanvas().tool('ruler').drag(10, 10, 40, 50)
    expect(h.editor.execute('cancel')).toBe(true)
    expect(h.editor.overlay.ruler).toBeUndefined()
    expect(h.editor.execute('cancel')).toBe(false)
    h.drag(10, 10, 40, 50).click(5, 5)
    expect(h.editor.overlay.ruler).toBeUndefined()
  })
})

describe('measures', () => {
  it('of regions: holes add to the perimeter, lines have a length, points nothing', () => {
    expect(measured(box(1, 1, 4, 3))).toEqual({ area: 12, perimeter: 14 })
    expect(measured(polygon(0, 0, 3, 0, 3, 4))).toEqual({ area: 6, perimeter: 12 })
    const hole = {
      kind: 'polygon' as const,
      parts: [
        [
          [0, 0, 10, 0, 10, 10, 0, 10],
          [2, 2, 2, 4, 4, 4, 4, 2],
        ],
      ],
    }
    expect(measured(hole)).toEqual({ area: 96, perimeter: 48 })
    expect(measured({ kind: 'polyline', points: [0, 0, 3, 4, 3, 10] })).toEqual({ length: 11 })
    expect(measured({ kind: 'keypoints', points: [{ x: 1, y: 1, v: 2 }] })).toEqual({})
  })
  it('of angles: right, straight, and none if a side has no length', () => {
    const at = (x: number, y: number) => ({ x, y })
    expect(angleAt(at(1, 0), at(0, 0), at(0, 5))).toBeCloseTo(90)
    expect(angleAt(at(-1, 0), at(0, 0), at(5, 0))).toBeCloseTo(180)
    expect(angleAt(at(0, 0), at(0, 0), at(5, 0))).toBeNull()
    fc.assert(
      fc.property(fc.double({ min: -3.1, max: 3.1, noNaN: true }), (a) => {
        expect(angleAt(at(7, 0), at(0, 0), at(2 * Math.cos(a), 2 * Math.sin(a)))).toBeCloseTo(Math.abs(a * 180) / Math.PI, 6)
      }),
    )
  })
  it('are shown in the unit, areas in its square, with three digits', () => {
    const mm = { unit: 'mm', perUnit: 20 }
    expect([lengthText(50, mm, String), areaText(50, mm, String)]).toEqual(['2.5 mm', '0.125 mm²'])
    expect([lengthText(50.26, null, String), areaText(50.26, null, String)]).toEqual(['50.3 px', '50 px²'])
    expect([rounded(1234.56), rounded(12.345), rounded(0.00123456), rounded(0)]).toEqual([1235, 12.3, 0.00123, 0])
  })
})

describe('a template', () => {
  const template: Template = {
    id: 1,
    name: 'two',
    width: 200,
    height: 100,
    regions: [
      { labelId: 3, shape: box(10, 10, 20, 20), attributes: { side: 'left' } },
      { labelId: null, shape: box(170, 60, 25, 30), attributes: {} },
    ],
  }
  it('is placed where it was drawn, with labels and attributes, selected, as one undo step', () => {
    const h = onCanvas()
    expect(h.editor.placeTemplate(template, null)).toBe(true)
    expect(h.shapes).toEqual(template.regions.map((r) => r.shape))
    expect(h.edits).toHaveLength(1)
    expect(h.last.changes[0]!.after).toMatchObject({ labelId: 3, attributes: { side: 'left' }, state: 'accepted' })
    expect(h.editor.selection).toHaveLength(2)
  })
  it('is moved only within the image, and clipped if the image is smaller', () => {
    const h = onCanvas()
    h.editor.placeTemplate(template, { x: 50, y: -50 })
    expect(h.shapes).toEqual([box(15, 0, 20, 20), box(175, 50, 25, 30)])
    const small = onCanvas([], { width: 100, height: 100 })
    small.editor.placeTemplate(template, null)
    expect(small.shapes).toEqual([box(10, 10, 20, 20)])
  })
})
