/** What lies under the pointer is meant by a key, and mended in one gesture, without selecting it first. */
import { describe, expect, it } from 'vitest'
import { box, onCanvas, polygon, region } from './on-canvas.ts'

const shapes = (h: ReturnType<typeof onCanvas>) => h.editor.regions.all().map((r) => r.shape)

describe('a region under the pointer', () => {
  it('gets the label of a key, and is deleted by one, while nothing is selected', () => {
    const [under, beside] = [region(box(10, 10, 60, 60)), region(box(120, 10, 60, 60))]
    const h = onCanvas([under, beside])
    h.move(40, 40)
    h.editor.setLabel(7)
    expect(h.editor.regions.all().map((r) => r.labelId)).toEqual([7, null])
    h.move(150, 40)
    h.editor.execute('delete')
    expect(h.editor.regions.all().map((r) => r.id)).toEqual([under.id])
  })

  it('is ignored while another is selected, when it is locked, or with another tool', () => {
    const [under, chosen] = [region(box(10, 10, 60, 60)), region(box(120, 10, 60, 60))]
    const h = onCanvas([under, chosen])
    h.editor.setSelection([chosen.id])
    h.move(40, 40)
    h.editor.setLabel(7)
    expect(h.editor.regions.all().map((r) => r.labelId)).toEqual([null, 7])
    h.editor.setSelection([])
    h.tool('box')
    h.move(41, 41)
    h.editor.setLabel(8)
    h.editor.execute('delete')
    expect(h.editor.regions.all().map((r) => r.labelId)).toEqual([null, 7])
  })

  it('is resized by its corner, and then no longer selected', () => {
    const r = region(box(10, 10, 80, 60))
    const h = onCanvas([r])
    h.down(90.01, 70.01) // a hair beside it
    h.move(100, 80)
    h.move(120, 90)
    h.up(120, 90)
    expect(shapes(h)).toEqual([box(10, 10, 110, 80)])
    expect(h.editor.selection).toEqual([])
  })

  it('lets a vertex be dragged, inserted on an edge, and removed with Alt', () => {
    const h = onCanvas([region(polygon(10, 10, 90, 10, 90, 90, 10, 90))])
    h.down(90, 90)
    h.move(80, 80)
    h.up(80, 80)
    expect(shapes(h)).toEqual([polygon(10, 10, 90, 10, 80, 80, 10, 90)])
    h.down(50, 10)
    h.move(50, 4)
    h.up(50, 2)
    expect(shapes(h)).toEqual([polygon(10, 10, 50, 4, 90, 10, 80, 80, 10, 90)])
    h.down(50, 4, { alt: true })
    h.up(50, 4)
    expect(shapes(h)).toEqual([polygon(10, 10, 90, 10, 80, 80, 10, 90)])
  })

  it('is only selected by a click on its corner', () => {
    const r = region(polygon(10, 10, 90, 10, 90, 90, 10, 90))
    const h = onCanvas([r])
    h.down(90, 90)
    h.up(90, 90)
    expect([h.edits.length, h.editor.selection, h.editor.vertexSelection.length]).toEqual([0, [r.id], 0])
  })
})
