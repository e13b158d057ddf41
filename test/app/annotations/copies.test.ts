/** Regions copied to the images that follow: at their place, as far as they fit, and taken back at once. */
import { expect, test } from 'vitest'
import { encodeRle } from '#shared/geometry/rle.ts'
import { copyRegions, undoChange } from '../../../src-main/app/annotations/index.ts'
import { addRecords, imageContent, projectHash } from '../../../src-main/app/projects/index.ts'
import { box, temporaryProject } from '../projects/fixture.ts'

const byModel = { kind: 'checkpoint' as const, checkpoint: 'run-1', score: 0.5 }

test('each image gets its own copies, clipped to it; what does not fit is left out', () => {
  const project = temporaryProject()
  const mask = { kind: 'mask' as const, rle: encodeRle({ height: 40, width: 100, counts: [0, 2000, 2000] }) }
  addRecords(project, [
    {
      fileName: '1.jpg',
      width: 100,
      height: 40,
      regions: [
        { label: 'car', shape: box(10, 10, 30, 20), attributes: { colour: 'red' }, author: byModel },
        { label: 'car', shape: box(80, 5, 10, 10) },
        { label: 'road', shape: mask },
      ],
    },
    { fileName: '2.jpg', width: 100, height: 40, regions: [{ label: 'car', shape: box(1, 1, 2, 2) }] },
    { fileName: '3.jpg', width: 30, height: 40 },
    { fileName: '4.jpg' },
  ])
  const before = projectHash(project)
  expect(copyRegions(project, [1, 2, 3], [2, 3, 4])).toEqual({ regions: 6, images: [2, 3, 4] })
  const on = (id: number) => imageContent(project, id).regions
  expect(on(2).map((r) => r.shape.kind)).toEqual(['box', 'box', 'box', 'mask'])
  expect(on(2)[1]).toMatchObject({
    shape: box(10, 10, 30, 20),
    attributes: { colour: 'red' },
    author: { kind: 'person', name: 'ann' },
    state: 'accepted',
    z: 1,
  })
  expect(on(3).map((r) => r.shape)).toEqual([box(10, 10, 20, 20)])
  expect(on(4).map((r) => r.shape.kind)).toEqual(['box', 'box'])
  undoChange(project)
  expect(projectHash(project)).toBe(before)
  expect(() => copyRegions(project, [99], [2])).toThrow('region 99 no longer exists')
  expect(() => copyRegions(project, [1], [99])).toThrow('no image has the id 99')
  expect(projectHash(project)).toBe(before)
})
