/** What ends redo, and what undo and going back leave alone. */
import { expect, test } from 'vitest'
import {
  addLabel,
  addRegion,
  addTag,
  redoChange,
  setMediaFacts,
  setSplit,
  undoChange,
  updateLabel,
} from '../../../src-main/app/annotations/index.ts'
import { imageContent, projectHash, restoreSnapshot, takeSnapshot } from '../../../src-main/app/projects/index.ts'
import { box, fiveImages, temporaryProject } from '../projects/fixture.ts'

test('a change of the whole project ends redo everywhere', () => {
  const project = temporaryProject(fiveImages())
  addRegion(project, { mediaId: 1, shape: box() })
  setSplit(project, [2], 'test')
  undoChange(project, 1)
  undoChange(project, 2)
  addLabel(project, { name: 'bird' })
  const hash = projectHash(project)
  expect([redoChange(project), redoChange(project, 1), redoChange(project, 2)]).toEqual([null, null, null])
  expect(projectHash(project)).toBe(hash)
})

test('a change of an image ends redo of what was undone of the whole project', () => {
  const project = temporaryProject(fiveImages())
  addLabel(project, { name: 'bird' })
  undoChange(project)
  addTag(project, [3], 'x')
  expect(redoChange(project)).toBeNull()
})

test('an undone change of several images is not redone once one of them was changed', () => {
  const project = temporaryProject(fiveImages())
  setSplit(project, [1, 2], 'ood')
  undoChange(project)
  addTag(project, [2], 'x')
  expect(redoChange(project)).toBeNull()
  expect(imageContent(project, 1).media.split).toBe('train')
})

test('facts about files end no redo', () => {
  const project = temporaryProject(fiveImages())
  updateLabel(project, 1, { name: 'tiger' })
  undoChange(project)
  setMediaFacts(project, new Map([[1, { width: 800 }]]))
  expect(redoChange(project)?.action).toMatch('label')
})

test('undo and redo come in order: the newest first, and back', () => {
  const project = temporaryProject(fiveImages())
  for (const tag of ['a', 'b', 'c']) addTag(project, [1], tag)
  const tags = () => imageContent(project, 1).tags.filter((t) => t.length === 1)
  undoChange(project)
  undoChange(project)
  expect(tags()).toEqual(['a'])
  redoChange(project)
  expect(tags()).toEqual(['a', 'b'])
  redoChange(project)
  expect([tags(), redoChange(project)]).toEqual([['a', 'b', 'c'], null])
})

test('going back to a snapshot leaves what was found out about files since', () => {
  const project = temporaryProject(fiveImages())
  takeSnapshot(project, 'first')
  setSplit(project, [1], 'ood')
  setMediaFacts(project, new Map([[1, { width: 800, height: 600, orientation: 6, contentHash: 'b'.repeat(64) }]]))
  restoreSnapshot(project, 'first')
  expect(imageContent(project, 1).media).toMatchObject({
    split: 'train',
    width: 800,
    height: 600,
    orientation: 6,
    contentHash: 'b'.repeat(64),
  })
})

test('undo of an edit that came before a fact leaves the fact', () => {
  const project = temporaryProject(fiveImages())
  setSplit(project, [1], 'ood')
  setMediaFacts(project, new Map([[1, { width: 800, perceptualHash: '0123456789abcdef' }]]))
  undoChange(project)
  expect(imageContent(project, 1).media).toMatchObject({ split: 'train', width: 800, perceptualHash: '0123456789abcdef' })
})
