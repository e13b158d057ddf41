/** Two authors of one project: who did what, how far they agree, and what is settled of it. */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import sharp from 'sharp'
import { expect, test } from 'vitest'
import type { Author } from '#shared/model/author.ts'
import type { ImageRecord } from '#shared/model/record.ts'
import { compareAuthors, listAuthors, authorNamed, settleDisagreement } from '../../../src-main/app/agreement/index.ts'
import {
  acceptRegions,
  redoChange,
  setMediaLabels,
  setReview,
  setRegionState,
  undoChange,
  updateCaption,
  updateRegion,
} from '../../../src-main/app/annotations/index.ts'
import { importInto } from '../../../src-main/app/exchange/index.ts'
import { checkProject, imageContent, listLabels, projectHash, restoreSnapshot, takeSnapshot } from '../../../src-main/app/projects/index.ts'
import { classificationData } from '../../../src-main/app/training/dataset.ts'
import { box, record, temporaryFolder, temporaryProject } from '../projects/fixture.ts'

const person = (name: string): Author => ({ kind: 'person', name })
const ann = { author: person('ann') }
const bo = { author: person('bo') }
const between = { a: { kind: 'person', name: 'ann' }, b: { kind: 'person', name: 'bo' } } as const

/** Of two hands: one box the same, one of another label, one that hardly fits, one that bo missed, one that ann did; classes of four images. */
const twoHands = (): ImageRecord[] => [
  record('a.jpg', {
    regions: [
      { label: 'cat', shape: box(0, 0, 100, 100), ...ann },
      { label: 'cat', shape: box(0, 0, 100, 80), ...bo },
      { label: 'cat', shape: box(200, 0, 100, 100), ...ann },
      { label: 'dog', shape: box(200, 0, 100, 100), ...bo },
      { label: 'dog', shape: box(400, 0, 100, 100), ...ann },
      { label: 'dog', shape: box(400, 0, 30, 100), ...bo },
      { label: 'cat', shape: box(0, 300, 10, 10), ...ann },
      { label: 'cat', shape: box(300, 300, 90, 90), ...bo },
      { label: 'path', shape: { kind: 'polyline', points: [0, 0, 5, 5] }, ...bo },
    ],
  }),
  record('b.jpg', {
    labels: [
      { label: 'cat', ...ann },
      { label: 'cat', ...bo },
    ],
  }),
  record('c.jpg', {
    labels: [
      { label: 'cat', ...ann },
      { label: 'dog', ...bo },
    ],
  }),
  record('d.jpg', {
    labels: [
      { label: 'dog', ...ann },
      { label: 'dog', ...bo },
    ],
  }),
  record('e.jpg', {
    labels: [
      { label: 'cat', ...ann },
      { label: 'dog', ...ann },
      { label: 'cat', ...bo },
    ],
  }),
  record('f.jpg', { regions: [{ label: 'cat', shape: box(), ...ann }] }),
]

test('regions are matched; different labels, low overlap and misses are distinguished', async () => {
  const project = temporaryProject(twoHands())
  const { report, disagreements } = await compareAuthors(project, between)
  expect(report.images).toEqual({ a: 6, b: 5, both: 5, compared: 5 })
  expect(report.regions).toEqual({
    a: 4,
    b: 4,
    matched: 1,
    labelDiffers: 1,
    lowIou: 1,
    onlyA: 1,
    onlyB: 1,
    precision: 0.25,
    recall: 0.25,
    f1: 0.25,
    meanIou: 0.8,
    withoutArea: 1,
  })
  const [cat, dog] = listLabels(project).map((l) => l.id)
  expect(report.labels.find((l) => l.labelId === cat)).toMatchObject({ a: 3, b: 2, matched: 1, labelDiffers: 1, onlyA: 1, onlyB: 1 })
  expect(report.matrix).toEqual({
    labels: [cat, dog],
    counts: [
      [1, 1, 1],
      [0, 0, 1],
      [1, 1, 0],
    ],
  })
  expect(disagreements.map((d) => [d.kind, d.path, d.iou])).toEqual([
    ['missed', 'a.jpg', null],
    ['missed', 'a.jpg', null],
    ['label', 'a.jpg', 1],
    ['iou', 'a.jpg', 0.3],
    ['class', 'c.jpg', null],
    ['class', 'e.jpg', null],
  ])
  expect(disagreements[0]).toMatchObject({ a: [], labelsB: [cat] }) // the larger first
})

test('classes: the matrix and kappa over images of one label each; yes or no over all that both labelled', async () => {
  const project = temporaryProject(twoHands())
  const { report } = await compareAuthors(project, between)
  const [cat, dog] = listLabels(project).map((l) => l.id)
  expect(report.classes).toMatchObject({
    n: 3,
    matrix: {
      labels: [cat, dog],
      counts: [
        [1, 1],
        [0, 1],
      ],
    },
    observed: 2 / 3,
    kappa: expect.closeTo(0.4, 12),
  })
  expect(report.labels.find((l) => l.labelId === dog)!.image).toMatchObject({ n: 4, both: 1, onlyA: 1, onlyB: 1, neither: 1, kappa: 0 })
})

test('the threshold says what is a match, and with either image what one left out is missed', async () => {
  const project = temporaryProject(twoHands())
  const strict = await compareAuthors(project, { ...between, threshold: 0.9 })
  expect(strict.report.regions).toMatchObject({ matched: 0, labelDiffers: 1, lowIou: 2, meanIou: null })
  const either = await compareAuthors(project, { ...between, images: 'either' })
  expect(either.report.images.compared).toBe(6)
  expect(either.report.regions.onlyA).toBe(2)
  await expect(compareAuthors(project, { ...between, b: between.a })).rejects.toThrow(
    'agreement: choose two different authors; both are "ann"',
  )
  await expect(compareAuthors(project, { ...between, threshold: 0 })).rejects.toThrow('agreement: threshold: ')
})

test('authors are listed with what they did, and found by name', () => {
  const project = temporaryProject(twoHands())
  expect(listAuthors(project)).toEqual([
    { kind: 'person', name: 'ann', images: 6, regions: 5, imageLabels: 5, captions: 0 },
    { kind: 'person', name: 'bo', images: 5, regions: 5, imageLabels: 4, captions: 0 },
  ])
  expect(() => authorNamed(project, 'cy')).toThrow('nobody named "cy" annotated here ("ann", "bo")')
})

test('a disagreement is settled by taking one side or both; undo brings it back', async () => {
  const project = temporaryProject(twoHands())
  const before = projectHash(project)
  const { disagreements, report } = await compareAuthors(project, between)
  const [missed, , label, low, klass] = disagreements
  const open = async () => (await compareAuthors(project, between)).report.disagreements.open
  expect(await open()).toBe(6)
  const states = (mediaId: number) => imageContent(project, mediaId).regions.map((r) => r.state)

  settleDisagreement(project, { ...label!, take: 'b' })
  expect(states(1)[2]).toBe('rejected')
  expect(states(1)[3]).toBe('accepted')
  settleDisagreement(project, { ...missed!, take: 'a' }) // only bo has it: taking ann's means that it goes
  settleDisagreement(project, { ...low!, take: 'both' })
  settleDisagreement(project, { ...klass!, take: 'a' })
  expect(imageContent(project, 3).labels.map((l) => l.state)).toEqual(['accepted', 'rejected'])
  expect(await open()).toBe(2)
  // What was said stays said: the decision does not raise the agreement.
  const after = (await compareAuthors(project, between)).report
  expect([after.regions, after.classes, after.labels]).toEqual([report.regions, report.classes, report.labels])

  for (let i = 0; i < 4; i++) undoChange(project)
  expect(await open()).toBe(6)
  expect(projectHash(project)).toBe(before)
  redoChange(project)
  expect(await open()).toBe(5)
  expect(() => settleDisagreement(project, { ...label!, mediaId: 2, take: 'a' })).toThrow('is not on this image')
  expect(checkProject(project).problems.filter((p) => p.kind !== 'missing-file')).toEqual([])
})

test('who changed an annotation last is known, whoever made it; hiding it changes nothing of it', () => {
  const project = temporaryProject([
    record('a.jpg', {
      regions: [{ label: 'cat', shape: box(), ...bo }],
      labels: [{ label: 'cat', ...bo }],
      captions: [{ text: 'a cat', ...bo }],
    }),
  ])
  const content = () => imageContent(project, 1)
  const edited = () => {
    const { regions, labels, captions } = content()
    return [regions[0]!.editedBy, labels[0]!.editedBy, captions[0]!.editedBy]
  }
  expect(edited()).toEqual([undefined, undefined, undefined])
  updateRegion(project, 1, { hidden: true, z: 4 })
  expect(edited()[0]).toBeUndefined()
  updateRegion(project, 1, { shape: box(7, 7) })
  updateCaption(project, 1, { text: 'two cats' })
  setMediaLabels(project, [{ mediaId: 1, labelId: 1, ...bo, state: 'rejected' }])
  expect(edited()).toEqual(['ann', 'ann', 'ann'])
  expect(content().regions[0]!.author).toEqual(person('bo'))
  for (let i = 0; i < 3; i++) undoChange(project)
  expect(edited()).toEqual([undefined, undefined, undefined])
})

test('a review says by whom and when, and a snapshot brings that back', () => {
  const project = temporaryProject([record('a.jpg')])
  const media = () => imageContent(project, 1).media
  const from = Date.now()
  setReview(project, [1], 'approved')
  expect(media()).toMatchObject({ review: 'approved', reviewedBy: 'ann' })
  expect(media().reviewedAt).toBeGreaterThanOrEqual(from)
  takeSnapshot(project, 'then')
  const then = media()
  setReview(project, [1], 'rejected')
  undoChange(project)
  expect(media()).toEqual(then)
  setReview(project, [1], 'rejected')
  restoreSnapshot(project, 'then')
  expect(media()).toEqual(then)
  setReview(project, [1], 'approved') // as it is already
  expect(media()).toEqual(then)
})

/** A folder of two pictures with labels in COCO. */
async function annotated(dir: string, x: number, category: string): Promise<void> {
  mkdirSync(dir, { recursive: true })
  for (const [i, name] of ['a.png', 'b.png'].entries())
    await sharp({ create: { width: 64, height: 48, channels: 3, background: { r: 40 * i, g: 90, b: 120 } } })
      .png()
      .toFile(join(dir, name))
  writeFileSync(
    join(dir, 'annotations.json'),
    JSON.stringify({
      images: ['a.png', 'b.png'].map((file_name, id) => ({ id: id + 1, file_name, width: 64, height: 48 })),
      categories: [{ id: 1, name: category }],
      annotations: [{ id: 1, image_id: 1, category_id: 1, bbox: [x, 2, 20, 20], area: 400, iscrowd: 0, segmentation: [] }],
    }),
  )
}

test('a second opinion is kept beside the first: proposals by its author on the same images, excluded from training', async () => {
  const dir = temporaryFolder()
  await annotated(join(dir, 'first'), 2, 'cat')
  await annotated(join(dir, 'second'), 4, 'cat')
  await sharp({ create: { width: 9, height: 9, channels: 3, background: 'red' } })
    .png()
    .toFile(join(dir, 'second/new.png'))
  const project = temporaryProject()
  await importInto(project, join(dir, 'first'))
  setMediaLabels(project, [{ mediaId: 1, labelId: 1 }])
  const trained = classificationData(project)
  const report = await importInto(project, join(dir, 'second'), { secondOpinion: 'bo', split: 'train' })
  expect(report.counts).toMatchObject({ added: 0, regions: 1 })
  const { regions, media } = imageContent(project, 1)
  expect(regions.map((r) => [r.author, r.state])).toEqual([
    [person('ann'), 'accepted'],
    [person('bo'), 'proposed'],
  ])
  expect(media.split).toBeNull()
  expect(classificationData(project)).toEqual(trained)
  expect(listLabels(project).map((l) => l.name)).toEqual(['cat'])
  const { report: agreement } = await compareAuthors(project, between)
  expect(agreement.regions).toMatchObject({ a: 1, b: 1, matched: 1, meanIou: expect.closeTo(360 / 440, 9) })
  // The same once more adds nothing, and the same boxes under another name are another opinion.
  expect((await importInto(project, join(dir, 'second'), { secondOpinion: 'bo' })).counts.regions).toBe(0)
  expect((await importInto(project, join(dir, 'first'), { secondOpinion: 'cy' })).counts.regions).toBe(1)
  undoChange(project)
  undoChange(project)
  expect(imageContent(project, 1).regions).toHaveLength(1)
})

test('a second opinion may come without the images: they are read where the project has them, and none is called missing', async () => {
  const dir = temporaryFolder()
  await annotated(join(dir, 'first'), 2, 'cat')
  await annotated(join(dir, 'second'), 4, 'cat')
  for (const name of ['a.png', 'b.png']) rmSync(join(dir, 'second', name))
  const project = temporaryProject()
  await importInto(project, join(dir, 'first'))
  const report = await importInto(project, join(dir, 'second'), { secondOpinion: 'bo' })
  expect(report).toMatchObject({ missing: 0, findings: [], counts: { added: 0, regions: 1 } })
  expect(imageContent(project, 1).regions.map((r) => r.state)).toEqual(['accepted', 'proposed'])
})

test('images that the project does not have are left out of a second opinion, and named', async () => {
  const dir = temporaryFolder()
  await annotated(join(dir, 'first'), 2, 'cat')
  const project = temporaryProject([record('other.jpg')])
  const report = await importInto(project, join(dir, 'first'), { secondOpinion: 'bo' })
  expect(report.counts).toMatchObject({ added: 0, regions: 0 })
  expect(report.findings).toContainEqual({
    file: 'a.png',
    level: 'left out',
    reason: 'the project has no such image, and a second opinion adds none',
    sentence: { code: 'finding.no-such-image', params: {} },
  })
})

test('an accepted second opinion is adopted and names its author', () => {
  const project = temporaryProject([record('a.jpg', { regions: [{ label: 'cat', shape: box(), ...bo, state: 'proposed' }] })])
  acceptRegions(project, [1])
  expect(imageContent(project, 1).regions[0]).toMatchObject({ state: 'accepted', author: person('bo'), editedBy: 'ann' })
  setRegionState(project, [1], 'rejected')
})
