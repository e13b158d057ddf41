/** Which captions of a project are targets, and which masks go with them. */
import { expect, test } from 'vitest'
import { classesOf } from '#shared/model/job.ts'
import type { Shape } from '#shared/model/shape.ts'
import { dataFor, trainingDataFor } from '../../../src-main/app/training/dataset.ts'
import { imagesOfJobs } from '../../../src-main/app/training/readable.ts'
import { dataPreview } from '../../../src-main/app/training/preview.ts'
import { fewShots } from '../../../src-main/app/training/shots.ts'
import { box, record, temporaryProject } from '../projects/fixture.ts'

const triangle: Shape = { kind: 'polygon', parts: [[[10, 10, 30, 10, 30, 20]]] }

test('accepted captions of whole images are targets, with the masks beside them; boxes, and captions of regions, are not', () => {
  const project = temporaryProject([
    record('a.jpg', {
      split: 'train',
      regions: [
        { label: 'cat', shape: triangle },
        { label: 'dog', shape: box() },
      ],
      captions: [
        { text: 'a cat' },
        { text: 'of a region', region: 0 },
        { text: 'guessed', author: { kind: 'checkpoint', checkpoint: 'run-1', score: 0.8 } },
      ],
    }),
    record('b.jpg', { split: 'train', captions: [{ text: 'two birds' }, { text: 'birds' }] }),
    record('c.jpg', { split: 'test', regions: [{ label: 'bird', shape: triangle }] }),
    record('d.jpg', { captions: [{ text: 'in no split' }] }),
    record('e.jpg', { split: 'test', labels: [{ label: 'cat' }] }),
  ])
  const { classes, splits, mediaIds } = dataFor(project, 'ground')
  expect(classes.map((c) => c.name).sort()).toEqual(['bird', 'cat'])
  expect(splits['train']!.map(({ name, captions, masks }) => [name, captions, masks?.length])).toEqual([
    ['a.jpg', ['a cat'], 1],
    ['b.jpg', ['two birds', 'birds'], undefined],
  ])
  expect(splits['test']!.map(({ name, captions, masks }) => [name, captions, masks?.length])).toEqual([['c.jpg', undefined, 1]])
  expect(mediaIds).toEqual({ train: [1, 2], test: [3] })
  expect(imagesOfJobs(project, 'ground')).toEqual([1, 2, 3])
  expect(dataPreview(project, 'openseg')).toMatchObject({
    splits: [
      { name: 'train', images: 2 },
      { name: 'test', images: 1 },
    ],
    unused: 2,
  })
  expect(fewShots(splits['train']!.slice(1), 1, 0)).toHaveLength(1) // an image without labels counts, too
})

test('without a caption in “train” it is said what to do', () => {
  const project = temporaryProject([record('c.jpg', { split: 'train', regions: [{ label: 'bird', shape: triangle }] })])
  expect(() => trainingDataFor(project, 'ground')).toThrow('no accepted captions of images in the split "train"')
})

test('captions and labels: images with either, the label only where there is one; for captions alone, only images that have some', () => {
  const project = temporaryProject([
    record('a.jpg', { split: 'train', labels: [{ label: 'cat' }], captions: [{ text: 'a cat' }] }),
    record('b.jpg', { split: 'train', captions: [{ text: 'two birds' }] }),
    record('c.jpg', { split: 'train', labels: [{ label: 'dog' }] }),
    record('d.jpg', { split: 'train', labels: [{ label: 'cat' }, { label: 'dog' }] }),
  ])
  const both = trainingDataFor(project, 'contrast-labels')
  const name = (i: number) => both.classes[i]!.name
  expect(both.splits['train']!.map((item) => [item.name, item.captions, classesOf(item).map(name)])).toEqual([
    ['a.jpg', ['a cat'], ['cat']],
    ['b.jpg', ['two birds'], []],
    ['c.jpg', undefined, ['dog']],
  ])
  expect(imagesOfJobs(project, 'contrast-labels')).toEqual([1, 2, 3, 4])
  expect(
    dataPreview(project, 'unicl')
      .classes.map(({ name: of }) => of)
      .sort(),
  ).toEqual(['cat', 'dog'])
  const captions = trainingDataFor(project, 'contrast')
  expect(captions.splits['train']!.map((item) => item.name)).toEqual(['a.jpg', 'b.jpg'])
  expect(captions.classes).toEqual([])
  const told = temporaryProject([record('a.jpg', { split: 'train', captions: [{ text: 'a cat' }] })])
  expect(() => trainingDataFor(told, 'contrast-labels')).toThrow('no labelled images in the split "train"')
})
