/** What of a project becomes training targets, and what does not. */
import { expect, test } from 'vitest'
import { acceptMediaLabels, addLabel, setMediaLabels, setSplit } from '../../../src-main/app/annotations/index.ts'
import type { Project } from '../../../src-main/app/projects/index.ts'
import { classificationData, trainingData } from '../../../src-main/app/training/dataset.ts'
import { record, temporaryProject } from '../projects/fixture.ts'

const model = { kind: 'checkpoint' as const, checkpoint: 'run-1', score: 0.99 }

/** Images a, b, c … in the split "train", and the labels cat (1) and dog (2). */
function project(n: number): Project {
  const made = temporaryProject(Array.from({ length: n }, (_, i) => record(`${String.fromCharCode(97 + i)}.jpg`, { split: 'train' })))
  addLabel(made, { name: 'cat' })
  addLabel(made, { name: 'dog' })
  return made
}
const targets = (p: Project) => {
  const { classes, splits } = classificationData(p)
  return Object.fromEntries(Object.entries(splits).map(([split, items]) => [split, items.map((i) => [i.name, classes[i.label]!.name])]))
}

test('a model’s proposal is not a target until a person accepts it', () => {
  const p = project(3)
  setMediaLabels(p, [{ mediaId: 1, labelId: 1 }])
  const [proposed] = setMediaLabels(p, [{ mediaId: 2, labelId: 2, author: model, state: 'proposed' }])
  expect(targets(p)).toEqual({ train: [['a.jpg', 'cat']] })
  expect(classificationData(p).classes.map((c) => c.name)).toEqual(['cat']) // nor is a label a class that was only proposed
  expect(() => trainingData(p)).toThrow('only one label is used (cat)')
  acceptMediaLabels(p, [proposed!.id])
  expect(targets(p)).toEqual({
    train: [
      ['a.jpg', 'cat'],
      ['b.jpg', 'dog'],
    ],
  })
})

test('a rejected annotation is not a target and makes no other ambiguous', () => {
  const p = project(2)
  setMediaLabels(p, [{ mediaId: 1, labelId: 1 }])
  setMediaLabels(p, [
    { mediaId: 1, labelId: 2, author: model, state: 'proposed' },
    { mediaId: 2, labelId: 2, author: model, state: 'rejected' },
  ])
  expect(targets(p)).toEqual({ train: [['a.jpg', 'cat']] })
  expect(classificationData(p).ambiguous).toBe(0)
})

test('an image with two accepted labels is left out; one label given twice is one', () => {
  const p = project(2)
  setMediaLabels(p, [
    { mediaId: 1, labelId: 1 },
    { mediaId: 1, labelId: 2 },
    { mediaId: 2, labelId: 2 },
    { mediaId: 2, labelId: 2, author: model, state: 'accepted' },
  ])
  expect(targets(p)).toEqual({ train: [['b.jpg', 'dog']] })
  expect(classificationData(p).ambiguous).toBe(1)
})

test('an image without a split is not a target, and each split has its own targets', () => {
  const p = project(3)
  setMediaLabels(
    p,
    [1, 2, 3].map((mediaId) => ({ mediaId, labelId: 1 })),
  )
  setSplit(p, [2], null)
  setSplit(p, [3], 'val')
  expect(targets(p)).toEqual({ train: [['a.jpg', 'cat']], val: [['c.jpg', 'cat']] })
  expect(classificationData(p).mediaIds).toEqual({ train: [1], val: [3] })
})
