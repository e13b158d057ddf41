/** An image is of one class: choosing another takes the first one's place, and what a checkpoint proposed is answered by it. */
import { expect, test } from 'vitest'
import { classifiedImages, classifyImage, redoChange, setMediaLabels, undoChange } from '../../../src-main/app/annotations/index.ts'
import { imageContent, projectHash, type Project } from '../../../src-main/app/projects/index.ts'
import { addLabel } from '../../../src-main/app/annotations/index.ts'
import { addRecords } from '../../../src-main/app/projects/index.ts'
import { temporaryProject } from '../projects/fixture.ts'

const byModel = (score: number) => ({ kind: 'checkpoint' as const, checkpoint: 'run-1', score })
function birds(): { project: Project; robin: number; wren: number } {
  const project = temporaryProject()
  addRecords(project, [{ fileName: 'a.jpg' }, { fileName: 'b.jpg' }])
  return { project, robin: addLabel(project, { name: 'robin' }).id, wren: addLabel(project, { name: 'wren' }).id }
}
const said = (project: Project, id = 1) => imageContent(project, id).labels.map((l) => [l.labelId, l.author.kind, l.state])

test('the last class chosen is the one', () => {
  const { project, robin, wren } = birds()
  classifyImage(project, 1, robin)
  classifyImage(project, 1, wren)
  expect(said(project)).toEqual([[wren, 'person', 'accepted']])
  expect(classifiedImages(project)).toEqual([1])
})

test('proposals are answered: that of the class is accepted, others are rejected', () => {
  const { project, robin, wren } = birds()
  setMediaLabels(project, [
    { mediaId: 1, labelId: robin, author: byModel(0.8) },
    { mediaId: 1, labelId: wren, author: byModel(0.2) },
  ])
  classifyImage(project, 1, robin)
  expect(said(project)).toEqual([
    [robin, 'checkpoint', 'accepted'],
    [wren, 'checkpoint', 'rejected'],
  ])
  classifyImage(project, 1, wren) // what was rejected stays rejected: the person's own label says it
  expect(said(project)).toEqual([
    [wren, 'checkpoint', 'rejected'],
    [wren, 'person', 'accepted'],
  ])
})

test('is one undo step of its image, whatever it changed', () => {
  const { project, robin, wren } = birds()
  setMediaLabels(project, [{ mediaId: 1, labelId: wren, author: byModel(0.2) }])
  classifyImage(project, 1, robin)
  classifyImage(project, 2, wren)
  const hash = projectHash(project)
  expect(undoChange(project, 1)!.action).toBe('classify image')
  expect(said(project)).toEqual([[wren, 'checkpoint', 'proposed']])
  expect(said(project, 2)).toEqual([[wren, 'person', 'accepted']])
  redoChange(project, 1)
  expect(projectHash(project)).toBe(hash)
})

test('names what is missing', () => {
  const { project, robin } = birds()
  expect(() => classifyImage(project, 1, 99)).toThrow('no label has the id 99')
  expect(() => classifyImage(project, 99, robin)).toThrow('no image has the id 99')
})
