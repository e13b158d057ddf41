import { expect, test } from 'vitest'
import { imageContent, listLabels, projectHash } from '../../../src-main/app/projects/index.ts'
import {
  acceptRegions,
  addCaption,
  addComment,
  addLabel,
  addRegion,
  addRegions,
  rejectRegions,
  removeLabel,
  removeRegions,
  setMediaLabels,
  updateComment,
  updateLabel,
  updateRegion,
} from '../../../src-main/app/annotations/index.ts'
import { box, fiveImages, temporaryProject } from '../projects/fixture.ts'

test('a region a person draws is accepted and on top; what a checkpoint makes is a proposal', () => {
  const project = temporaryProject(fiveImages())
  const drawn = addRegion(project, { mediaId: 1, labelId: 1, shape: box() })
  expect(drawn).toMatchObject({ state: 'accepted', z: 2, author: { kind: 'person', name: 'ann' } })
  const author = { kind: 'checkpoint', checkpoint: 'run-1', score: 0.7 } as const
  const [first, second] = addRegions(project, [
    { mediaId: 1, shape: box(), author },
    { mediaId: 1, shape: box(2), author },
  ])
  expect(first!.state).toBe('proposed')
  acceptRegions(project, [first!.id])
  rejectRegions(project, [second!.id])
  const regions = imageContent(project, 1).regions.slice(-2)
  expect(regions.map((r) => [r.state, r.author])).toEqual([
    ['accepted', author],
    ['rejected', author],
  ])
})

test('a wrong region is refused naming the field', () => {
  const project = temporaryProject(fiveImages())
  const wrong = (shape: unknown) => () => addRegion(project, { mediaId: 1, shape: shape as never })
  expect(wrong({ kind: 'box', x: 0, y: Infinity, w: 1, h: 1 })).toThrow(/^region: shape\.y: /)
  expect(wrong({ kind: 'polygon', parts: [[[0, 0, 1, 1]]] })).toThrow(/^region: shape\.parts\.0\.0: /)
  expect(() => addRegion(project, { mediaId: 999, shape: box() })).toThrow('no longer exists')
  expect(() => updateRegion(project, 999, { z: 1 })).toThrow('region 999 no longer exists')
})

test('removing a region keeps captions and comments, without it', () => {
  const project = temporaryProject(fiveImages())
  addCaption(project, {
    mediaId: 1,
    text: 'a cat and a dog',
    regionId: 1,
    spans: [
      { start: 2, end: 5, regions: [1] },
      { start: 12, end: 15, regions: [1, 2] },
    ],
  })
  addComment(project, { mediaId: 1, regionId: 1, text: 'which one?' })
  removeRegions(project, [1])
  const { captions, comments } = imageContent(project, 1)
  expect(captions[0]).toMatchObject({ regionId: null, spans: [{ start: 12, end: 15, regions: [2] }] })
  expect(comments[0]).toMatchObject({ regionId: null, text: 'which one?', resolved: false })
  expect(updateComment(project, comments[0]!.id, { resolved: true }).resolved).toBe(true)
})

test('a caption refers to regions of its own image, within its text', () => {
  const project = temporaryProject(fiveImages())
  expect(() => addCaption(project, { mediaId: 2, text: 'x', regionId: 1 })).toThrow('region 1 is not on this image')
  expect(() => addCaption(project, { mediaId: 1, text: 'cat', spans: [{ start: 0, end: 4, regions: [1] }] })).toThrow(
    'not within the text (0 to 3)',
  )
  expect(() => addCaption(project, { mediaId: 1, text: 'x', language: 'not a language' })).toThrow(
    'caption: language: expected a language tag',
  )
})

test('labels: unique names, merged, removed with what carried them, never below themselves', () => {
  const project = temporaryProject(fiveImages())
  const [cat, dog] = listLabels(project)
  expect(() => addLabel(project, { name: 'cat' })).toThrow('a label with this name already exists')
  const pet = addLabel(project, { name: 'pet', key: 'p', synonyms: ['companion'] })
  updateLabel(project, cat!.id, { parentId: pet.id })
  expect(() => updateLabel(project, pet.id, { parentId: cat!.id })).toThrow('cannot be its own descendant')
  setMediaLabels(project, [{ mediaId: 3, labelId: dog!.id }])
  removeLabel(project, dog!.id, cat!.id)
  expect(imageContent(project, 1).regions.map((r) => r.labelId)).toEqual([cat!.id, cat!.id])
  expect(imageContent(project, 3).labels.map((l) => l.labelId)).toEqual([cat!.id])
  removeLabel(project, pet.id)
  expect(listLabels(project)).toMatchObject([{ name: 'cat', parentId: null }])
  removeLabel(project, cat!.id)
  expect(imageContent(project, 1).regions).toEqual([])
})

test('the dataset hash follows content, not looks', () => {
  const project = temporaryProject(fiveImages())
  const hash = projectHash(project)
  updateRegion(project, 1, { hidden: true, locked: true })
  updateLabel(project, 1, { colour: '#000000', key: 'x' })
  addComment(project, { mediaId: 1, text: 'hm' })
  expect(projectHash(project)).toBe(hash)
  updateRegion(project, 1, { shape: box(1, 2, 30, 40.001) })
  const moved = projectHash(project)
  expect(moved).not.toBe(hash)
  updateRegion(project, 1, { shape: box() })
  expect(projectHash(project)).toBe(hash)
  updateLabel(project, 1, { name: 'tomcat' })
  expect(projectHash(project)).not.toBe(hash)
})
