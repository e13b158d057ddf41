import { expect, test } from 'vitest'
import { addTag, editMedia, setMediaLabels, undoChange, updateRegion } from '../../../src-main/app/annotations/index.ts'
import { imageContent, projectHash } from '../../../src-main/app/projects/index.ts'
import { fiveImages, temporaryProject } from '../projects/fixture.ts'

test('labels, tags, split, review and regions of a selection change together and are undone together', () => {
  const project = temporaryProject(fiveImages())
  addTag(project, [1, 2], 'old')
  setMediaLabels(project, [{ mediaId: 1, labelId: 1 }])
  const before = projectHash(project)
  editMedia(project, [1, 2, 3], {
    addLabels: [2],
    removeLabels: [1],
    addTags: ['dusk'],
    removeTags: ['old'],
    split: 'val',
    review: 'approved',
    regionLabel: 2,
    setAttributes: { blurred: true },
  })
  for (const id of [1, 2, 3]) {
    const { media, labels, tags, regions } = imageContent(project, id)
    expect(media).toMatchObject({ split: 'val', review: 'approved' })
    expect([labels.map((l) => [l.labelId, l.state]), [...tags].sort()]).toEqual([
      [[2, 'accepted']],
      id === 1 ? ['dusk', 'night'] : ['dusk'],
    ])
    for (const r of regions) expect(r).toMatchObject({ labelId: 2, attributes: { blurred: true } })
  }
  expect(undoChange(project)?.action).toBe('edit 3 images')
  expect(projectHash(project)).toBe(before)
  expect(imageContent(project, 2).tags).toEqual(['old'])
})

test('fields outside the patch stay, and a locked region is unchanged', () => {
  const project = temporaryProject(fiveImages())
  const [first] = imageContent(project, 1).regions
  updateRegion(project, first!.id, { locked: true, attributes: { side: 'left' } })
  const { media, labels } = imageContent(project, 1)
  editMedia(project, [1], { setAttributes: { side: 'right' }, removeAttributes: ['blurred'] })
  const after = imageContent(project, 1)
  expect([after.media.split, after.media.review, after.labels]).toEqual([media.split, media.review, labels])
  expect(after.regions.map((r) => r.attributes['side'])).toEqual(after.regions.map((r) => (r.id === first!.id ? 'left' : 'right')))
})

test('a label that does not exist changes nothing', () => {
  const project = temporaryProject(fiveImages())
  const before = projectHash(project)
  expect(() => editMedia(project, [1, 2], { split: 'test', addLabels: [999] })).toThrow('no label has the id 999')
  expect([projectHash(project), imageContent(project, 1).media.split]).toEqual([before, 'train'])
})
