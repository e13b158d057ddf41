/** What the canvas does of itself while labelling: defaults of attributes, how boxes are drawn, going to a region. */
import { describe, expect, it } from 'vitest'
import type { Label } from '#shared/model/label.ts'
import { box, onCanvas, region } from './on-canvas.ts'

const label = (id: number, more: Partial<Label> = {}): Label => ({
  id,
  name: `label ${id}`,
  colour: '#1f77b4',
  key: null,
  synonyms: [],
  prompts: [],
  parentId: null,
  attributes: [],
  ...more,
})
const parked = { type: 'yes/no' as const, name: 'parked', required: false, default: true }

describe('attributes', () => {
  it('of a new region start with the defaults of its label and the label’s ancestors', () => {
    const h = onCanvas()
    h.editor.setLabels([
      label(1, { attributes: [parked] }),
      label(2, { parentId: 1, attributes: [{ type: 'number', name: 'age', required: true }] }),
    ])
    h.editor.setLabel(2)
    h.tool('box').drag(10, 10, 40, 40)
    expect(h.last.changes[0]!.after!.attributes).toEqual({ parked: true })
  })
  it('are added when a region gets the label, and existing values are kept', () => {
    const r = region(box(10, 10, 20, 20), { attributes: { parked: false, dirty: true } })
    const h = onCanvas([r])
    h.editor.setLabels([label(1, { attributes: [parked, { type: 'text', name: 'plate', required: false, default: '?' }] })])
    h.editor.setSelection([r.id])
    h.editor.setLabel(1)
    expect(h.last.changes[0]!.after!.attributes).toEqual({ parked: false, dirty: true, plate: '?' })
  })
})

describe('a box', () => {
  it('is drawn by dragging or with two clicks', () => {
    const h = onCanvas().tool('box')
    h.drag(10, 10, 40, 40)
    h.click(50, 50).click(70, 80)
    expect(h.shapes).toEqual([box(10, 10, 30, 30), box(50, 50, 20, 30)])
  })
  it('by dragging only: a click starts none', () => {
    const h = onCanvas().tool('box')
    h.editor.set({ drawBy: 'drag' })
    h.click(10, 10).expectPath('box.idle')
    h.drag(10, 10, 40, 40)
    expect(h.shapes).toEqual([box(10, 10, 30, 30)])
  })
  it('with two clicks only: a drag continues until the second', () => {
    const h = onCanvas().tool('box')
    h.editor.set({ drawBy: 'click' })
    h.drag(10, 10, 40, 40).expectPath('box.drawing')
    h.click(60, 60)
    expect(h.shapes).toEqual([box(10, 10, 50, 50)])
  })
  it('snaps to whole pixels if enabled', () => {
    const h = onCanvas().tool('box')
    h.editor.set({ snapToPixels: true })
    h.drag(10.4, 10.6, 40.2, 39.7)
    expect(h.shapes).toEqual([box(10, 11, 30, 29)])
  })
})

it('zooming to a region centres and enlarges it, but not a point without limit', () => {
  const r = region(box(150, 50, 20, 20))
  const point = region({ kind: 'keypoints', points: [{ x: 20, y: 20, v: 2 }] })
  const h = onCanvas([r, point])
  expect(h.editor.execute('zoom-region')).toBe(false)
  for (const [id, x, y] of [
    [r.id, 160, 60],
    [point.id, 20, 20],
  ] as const) {
    h.editor.setSelection([id])
    expect(h.editor.execute('zoom-region')).toBe(true)
    const { view } = h.editor
    expect([x * view.scale + view.x, y * view.scale + view.y].map(Math.round)).toEqual([500, 500])
    expect(view.scale).toBeGreaterThan(5)
    expect(view.scale).toBeLessThan(64)
  }
})
