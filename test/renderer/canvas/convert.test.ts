/** Commands that turn the selected regions into another kind of shape, and previews of what they would become. */
import { expect, test } from 'vitest'
import { rleArea } from '#shared/geometry/rle.ts'
import { shapeMask } from '#shared/geometry/shape.ts'
import { box, onCanvas, polygon, region } from './on-canvas.ts'

const [width, height] = [200, 100]
const mask = (x: number, y: number, w: number, h: number) => ({ kind: 'mask' as const, rle: shapeMask(box(x, y, w, h), height, width)! })

test('all selected regions that can be are converted, as one change', () => {
  const regions = [
    region(box(10, 10, 20, 20)),
    region(mask(50, 10, 8, 4)),
    region(polygon(80, 0, 90, 0, 90, 10)),
    region({ kind: 'polyline', points: [0, 0, 9, 9] }),
    region(box(100, 10, 20, 20), { locked: true }),
  ]
  const c = onCanvas(regions)
  c.editor.execute('select-all')
  expect(c.editor.execute('convert-to-mask')).toBe(true)
  expect(c.last).toMatchObject({ action: 'convert 2 regions' })
  expect(c.shapes.map((s) => s.kind)).toEqual(['mask', 'mask', 'mask', 'polyline', 'box'])
  expect(c.takeBack().shapes).toEqual(regions.map((r) => r.shape))
  c.editor.execute('convert-to-box')
  expect(c.shapes.map((s) => s.kind)).toEqual(['box', 'box', 'box', 'box', 'box'])
  expect(c.shapes[1]).toEqual(box(50, 10, 8, 4))
})
test('a mask becomes a polygon within the tolerance of the settings; label and author stay', () => {
  const author = { kind: 'checkpoint' as const, checkpoint: 'sam', score: 0.5 }
  const stairs = shapeMask(polygon(10, 10, 70, 40, 10, 70), height, width)!
  const c = onCanvas([region({ kind: 'mask', rle: stairs }, { labelId: 3, author })])
  c.editor.execute('select-all')
  c.editor.set({ outlineTolerance: 1 })
  c.editor.execute('convert-to-polygon')
  const { after } = c.last.changes[0]!
  expect(after).toMatchObject({ labelId: 3, author, shape: { kind: 'polygon' } })
  expect(after!.shape.kind === 'polygon' && after!.shape.parts[0]![0]!.length / 2).toBeLessThan(8)
  const left = rleArea(shapeMask(after!.shape, height, width)!) / rleArea(stairs)
  expect(Math.abs(1 - left)).toBeLessThan(0.05)
})
test('nothing to convert is nothing done', () => {
  const c = onCanvas([region(box(10, 10, 20, 20))])
  expect(c.editor.execute('convert-to-box')).toBe(false)
  c.editor.execute('select-all')
  expect(c.editor.execute('convert-to-box')).toBe(false)
  expect(c.edits).toEqual([])
})
test('previews are shown instead of the regions, and change nothing', () => {
  const [only] = [region(polygon(0, 0, 10, 0, 10, 10, 5, 10.1, 0, 10))]
  const c = onCanvas([only])
  const preview = new Map([[only.id, polygon(0, 0, 10, 0, 10, 10, 0, 10)]])
  c.editor.setPreviews(preview)
  expect(c.editor.overlay.previews).toBe(preview)
  expect(c.shapes).toEqual([only.shape])
  c.editor.setPreviews(null)
  expect(c.editor.overlay).toEqual({})
  expect(c.edits).toEqual([])
})
