/** Guides, grid and whole pixels: where points and moved regions come to lie. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { aligned, alignedMove, alongAxis, movedGuide, noGuides, stepFor, withGuide } from '../../../src-renderer/canvas/grid.ts'
import { box, onCanvas, region } from './on-canvas.ts'

const coordinate = fc.double({ min: -1e4, max: 1e4, noNaN: true })
const guides = fc.array(coordinate, { maxLength: 6 })
const grid = fc.option(fc.double({ min: 0.5, max: 500, noNaN: true }))
const reach = fc.double({ min: 0, max: 20, noNaN: true })

describe('a coordinate', () => {
  it('moves by no more than the reach, or by half a pixel', () =>
    fc.assert(
      fc.property(coordinate, guides, grid, fc.boolean(), reach, (v, guides, grid, pixels, reach) => {
        const to = alongAxis(v, guides, { grid, pixels }, reach)
        expect(Math.abs(to - v)).toBeLessThanOrEqual(Math.max(reach, pixels ? 0.5 : 0) + 1e-9)
      }),
    ))
  it('stays if it is on a guide, and is stable after snapping', () =>
    fc.assert(
      fc.property(coordinate, guides, grid, fc.boolean(), reach, (v, guides, grid, pixels, reach) => {
        const rules = { grid, pixels }
        const once = alongAxis(v, guides, rules, reach)
        if (guides.includes(once)) expect(alongAxis(once, guides, rules, reach)).toBe(once)
        if (guides.length === 0) expect(alongAxis(once, [], rules, reach)).toBeCloseTo(once, 9)
      }),
    ))
  it('is never −0, which is another place to whoever compares', () => {
    for (const [v, guides] of [
      [-0, []],
      [-0.2, []],
      [0.1, [-0]],
    ] as const)
      expect(alongAxis(v, guides, { grid: null, pixels: true }, 1)).toBe(0)
  })
  it('prefers the nearest guide to the grid, and the grid to whole pixels', () => {
    const rules = { grid: 10, pixels: true }
    expect(alongAxis(18.4, [17, 22], rules, 5)).toBe(17)
    expect(alongAxis(18.4, [40], rules, 5)).toBe(20)
    expect(alongAxis(15.4, [40], rules, 4)).toBe(15)
    expect(alongAxis(15.4, [40], { grid: null, pixels: false }, 4)).toBe(15.4)
  })
  it('reports snapping only if a line is near', () => {
    const lines = { guides: { x: [50], y: [] }, grid: null, pixels: true }
    expect(aligned({ x: 48.2, y: 7.4 }, lines, 5)).toEqual({ at: { x: 50, y: 7 }, snapped: true })
    expect(aligned({ x: 30.2, y: 7.4 }, lines, 5)).toEqual({ at: { x: 30, y: 7 }, snapped: false })
  })
})

it('a moved box snaps by the side closest to a line, by no more than the reach', () => {
  const lines = { guides: { x: [100], y: [] }, grid: null, pixels: false }
  expect(alignedMove({ x: 10, y: 10, w: 40, h: 20 }, 48, 3, lines, 5)).toEqual({ x: 50, y: 3 })
  expect(alignedMove({ x: 10, y: 10, w: 40, h: 20 }, 88, 3, lines, 5)).toEqual({ x: 90, y: 3 })
  expect(alignedMove({ x: 10.4, y: 10, w: 40, h: 20 }, 7, 0.2, { guides: noGuides, grid: null, pixels: true }, 5)).toEqual({ x: 6.6, y: 0 })
  fc.assert(
    fc.property(coordinate, coordinate, guides, grid, reach, (dx, dy, x, grid, reach) => {
      const to = alignedMove({ x: 3, y: 4, w: 11, h: 13 }, dx, dy, { guides: { x, y: [] }, grid, pixels: false }, reach)
      expect(Math.max(Math.abs(to.x - dx), Math.abs(to.y - dy))).toBeLessThanOrEqual(reach + 1e-9)
    }),
  )
})

it('ruler steps are round and never too close', () =>
  fc.assert(
    fc.property(fc.double({ min: 1 / 64, max: 64, noNaN: true }), fc.integer({ min: 4, max: 80 }), (scale, least) => {
      const step = stepFor(scale, least)
      expect(step * scale).toBeGreaterThanOrEqual(Math.min(least, scale) - 1e-9)
      expect([1, 2, 5]).toContain(
        Number(
          step
            .toPrecision(6)
            .replace(/[.0]+$/, '')
            .replace(/^[.0]+/, '')[0],
        ),
      )
    }),
  ))

it('guides are added, moved and removed', () => {
  const one = withGuide(noGuides, 'x', 40, 3)
  expect(one).toEqual({ x: [40], y: [] })
  expect(withGuide(one, 'x', 42, 3)).toEqual(noGuides)
  expect(movedGuide(withGuide(one, 'x', 10, 3), 'x', 40, 5).x).toEqual([5, 10])
  expect(movedGuide(one, 'x', 40, null)).toEqual(noGuides)
})

describe('while drawing', () => {
  it('boxes snap to the grid and to guides while snapping is on, and are free while it is off', () => {
    const h = onCanvas().tool('box')
    h.editor.set({ snapping: true, grid: true, gridStep: 20 })
    h.drag(18, 21, 61, 58)
    expect(h.shapes[0]).toEqual(box(20, 20, 40, 40))
    h.editor.set({ snapping: false })
    h.drag(118, 21, 161, 58)
    expect(h.shapes[1]).toEqual(box(118, 21, 43, 37))
  })
  it('a key adds a guide at the pointer, and removes it; regions snap to it when moved', () => {
    const r = region(box(10, 10, 20, 20))
    const h = onCanvas([r])
    h.editor.set({ snapping: true })
    h.move(80, 50)
    expect(h.editor.execute('guide-upright')).toBe(true)
    expect([h.editor.guides, h.editor.settings.guides]).toEqual([{ x: [80], y: [] }, true])
    h.drag(20, 20, 68, 20)
    expect(h.shapes[0]).toEqual(box(60, 10, 20, 20))
    h.move(81, 90)
    h.editor.execute('guide-upright')
    expect(h.editor.guides).toEqual(noGuides)
  })
  it('regions move by whole pixels if enabled, and Shift keeps to one axis', () => {
    const r = region(box(10.5, 10, 20, 20))
    const h = onCanvas([r])
    h.editor.set({ snapToPixels: true })
    h.drag(20, 20, 33.3, 20.2)
    expect(h.shapes[0]).toEqual(box(24, 10, 20, 20))
  })
})
