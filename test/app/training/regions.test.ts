/** Which regions of a project are targets of detection and segmentation. */
import { expect, test } from 'vitest'
import { rleArea } from '#shared/geometry/rle.ts'
import { updateLabel } from '../../../src-main/app/annotations/index.ts'
import { listLabels } from '../../../src-main/app/projects/index.ts'
import { classificationData, dataFor, trainingDataFor } from '../../../src-main/app/training/dataset.ts'
import { imagesOfJobs } from '../../../src-main/app/training/readable.ts'
import { regionData } from '../../../src-main/app/training/regions.ts'
import type { RegionTask } from '../../../src-main/engine/tasks/task.ts'
import { box, fiveImages, record, temporaryProject } from '../projects/fixture.ts'

const masks: RegionTask<'masks'> = {
  id: 'masks',
  title: { en: 'Masks', ja: 'マスク' },
  needs: [],
  targets: 'masks',
  boxesAreMasks: true,
  target: ({ masks: own = [] }) => (own.length ? { kind: 'masks', masks: own } : null),
}

test('accepted regions are targets; a model’s proposals are not, and make no class', () => {
  const project = temporaryProject(fiveImages())
  const { classes, splits, mediaIds } = dataFor(project, 'detect')
  expect(classes.map((c) => c.name)).toEqual(['cat', 'dog'])
  expect(Object.keys(splits)).toEqual(['train'])
  expect(splits['train']!.map(({ name, label, boxes }) => ({ name, label, boxes }))).toEqual([
    {
      name: 'a.jpg',
      label: 0,
      boxes: [
        { class: 0, box: { x: 1, y: 2, w: 30, h: 40 } },
        { class: 1, box: { x: 5, y: 5, w: 30, h: 40 } },
      ],
    },
  ])
  expect(mediaIds).toEqual({ train: [1] })
  expect(imagesOfJobs(project, 'detect')).toEqual([1])
  expect(imagesOfJobs(project)).toEqual([3])
  expect(classificationData(project).splits['train']!.map((i) => i.boxes)).toEqual([undefined])
})

test('a region counts as far as it is in the image; a point and an image without a split do not', () => {
  const project = temporaryProject([
    record('a.jpg', {
      split: 'train',
      regions: [
        { label: 'cat', shape: box(-10, 400, 30, 100) },
        { label: 'cat', shape: { kind: 'keypoints', points: [{ x: 3, y: 4, v: 2 }] } },
        { label: 'dog', shape: { kind: 'polygon', parts: [[[10, 10, 30, 10, 30, 20]]] } },
      ],
    }),
    record('b.jpg', { regions: [{ label: 'cat', shape: box() }] }),
  ])
  expect(regionData(project, masks).splits['train']!.map((i) => i.masks!.map((m) => [m.class, rleArea(m.mask)]))).toEqual([
    [
      [0, 20 * 80],
      [1, 100],
    ],
  ])
  const { boxesAreMasks: _, ...strict } = masks
  expect(regionData(project, strict).splits['train']!.map((i) => i.masks!.map((m) => m.class))).toEqual([[1]])
  expect(dataFor(project, 'detect').splits['train']![0]!.boxes).toEqual([
    { class: 0, box: { x: 0, y: 400, w: 20, h: 80 } },
    { class: 1, box: { x: 10, y: 10, w: 20, h: 10 } },
  ])
})

test('without regions to train on, one line says what to do', () => {
  const none = temporaryProject([
    record('a.jpg', { split: 'train' }),
    record('b.jpg', { split: 'val', regions: [{ label: 'cat', shape: box() }] }),
  ])
  expect(() => trainingDataFor(none, 'detect')).toThrow('no accepted regions with a label in the split "train"')
  expect(trainingDataFor(temporaryProject(fiveImages()), 'detect').classes).toHaveLength(2)
})

test('all prompts of a label are its class’s words and templates', () => {
  const project = temporaryProject(fiveImages())
  const cat = listLabels(project).find(({ name }) => name === 'cat')!
  updateLabel(project, cat.id, { prompts: ['a cat', 'a kitten', 'a drawing of {}'] })
  expect(dataFor(project, 'detect').classes).toEqual([
    { name: 'cat', phrase: 'a cat', phrases: ['a cat', 'a kitten'], templates: ['a drawing of {}'] },
    { name: 'dog', phrase: null },
  ])
})
