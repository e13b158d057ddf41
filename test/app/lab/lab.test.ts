/** Prompts compared on a project’s images, by small models with random weights. */
import fs from 'node:fs'
import path from 'node:path'
import { beforeEach, expect, test, vi } from 'vitest'
import { labRequest, type LabResult } from '#shared/model/prompt-lab.ts'
import type { Question } from '#shared/model/question.ts'
import { addLabels, addRegions, setMediaLabels } from '../../../src-main/app/annotations/index.ts'
import type { AppContext } from '../../../src-main/app/context.ts'
import { comparePrompts } from '../../../src-main/app/lab/index.ts'
import { addRecords, createProject, findMedia, type Project } from '../../../src-main/app/projects/index.ts'
import { answer } from '../../../src-main/engine/questions/answer.ts'
import { golden, goldenPath } from '../../helpers/golden.ts'
import { temporaryFolder, TINY_CLIP } from '../../helpers/pictures.ts'

const OWL = goldenPath('families/owlv2')
const pictures = golden<Record<string, { file: string }>>('owl-pictures.json')
const SIZES = { large: [150, 110], '10:1': [120, 12], grey: [50, 45] } as const

let project: Project
let images: string
let ids: number[]
let labels: Record<'cat' | 'house', number>
const ask = vi.fn((question: Question) => answer(question))
let app: AppContext
beforeEach(() => {
  const dir = temporaryFolder()
  images = path.join(dir, 'images')
  fs.mkdirSync(images)
  const records = Object.entries(SIZES).map(([name, [width, height]]) => ({ fileName: `${name.replace(':', '-')}.png`, width, height }))
  for (const name of Object.keys(SIZES))
    fs.writeFileSync(path.join(images, `${name.replace(':', '-')}.png`), Buffer.from(pictures[name]!.file, 'base64'))
  project = createProject(path.join(dir, 'project'), { user: 'ann' })
  addRecords(project, records, { root: images })
  ids = findMedia(project).map((m) => m.id)
  const made = addLabels(project, [{ name: 'cat' }, { name: 'house' }])
  labels = { cat: made[0]!.id, house: made[1]!.id }
  ask.mockClear()
  app = { engine: { ask } as never, nano: TINY_CLIP, cache: path.join(dir, 'cache') }
})

const compare = (o: object, control = {}): Promise<LabResult> =>
  comparePrompts(app, project, labRequest.parse({ labelId: labels.cat, model: OWL, task: 'detect', rows: [[]], ...o }), control)
const boxOn = (mediaId: number, labelId: number) => ({ mediaId, labelId, shape: { kind: 'box' as const, x: 2, y: 2, w: 8, h: 8 } })
const asked = (kind: string) => ask.mock.calls.filter(([q]) => q.kind === kind).length

test('each row is asked on each image, once: a changed row alone is asked again', async () => {
  addRegions(project, [boxOn(ids[0]!, labels.cat), boxOn(ids[1]!, labels.cat), boxOn(ids[2]!, labels.house)])
  const first = await compare({ rows: [['kitten'], ['cat', 'house', 'a {} here']] })
  expect(first.images).toEqual({ with: 2, without: 1 })
  expect(first.rows.map((r) => r.prompts)).toEqual([['kitten'], ['cat', 'house', 'a {} here']])
  for (const { scores } of first.rows) expect(Object.keys(scores)).toEqual(['ap', 'ap50', 'ar'])
  expect(asked('detect')).toBe(6)
  // The model answers with the mean of the words in their own template.
  expect(ask.mock.calls.flatMap(([q]) => (q.kind === 'detect' ? [q.prompt] : []))).toContainEqual({
    classes: [{ name: 'cat', phrase: 'cat', phrases: ['cat', 'house'], templates: ['a {} here'] }],
  })
  const again = await compare({ rows: [['kitten'], ['tiger']] })
  expect(asked('detect')).toBe(9)
  expect(again.rows[0]).toEqual(first.rows[0])
  expect(again.rows[1]).not.toEqual(first.rows[1])
})

test('images on which rows differ come with what people drew and as many of the best boxes', async () => {
  addRegions(project, [boxOn(ids[0]!, labels.cat), { ...boxOn(ids[0]!, labels.cat), shape: { kind: 'box', x: 60, y: 40, w: 30, h: 30 } }])
  addRegions(project, [boxOn(ids[2]!, labels.house)])
  const { differing } = await compare({ rows: [['kitten'], ['house']] })
  const bare = differing.find((d) => d.mediaId === ids[2])!
  expect(bare).toMatchObject({ width: SIZES.grey[0], height: SIZES.grey[1], truth: [] })
  expect(bare.rows.map((r) => r.boxes.length)).toEqual([1, 1])
  expect(bare.rows.map((r) => r.score)).toEqual(bare.rows.map((r) => 1 - r.boxes[0]!.score))
  const drawn = differing.find((d) => d.mediaId === ids[0])
  if (drawn) expect([drawn.truth.length, ...drawn.rows.map((r) => r.boxes.length)]).toEqual([2, 2, 2])
})

test('proposals are no truth, and an image whose only region is one is not looked at', async () => {
  addRegions(project, [boxOn(ids[0]!, labels.cat)])
  addRegions(project, [{ ...boxOn(ids[1]!, labels.cat), author: { kind: 'checkpoint', checkpoint: OWL, score: 0.5 } }])
  expect((await compare({})).images).toEqual({ with: 1, without: 0 })
})

test('an image that is gone is left out and named', async () => {
  addRegions(project, [boxOn(ids[0]!, labels.cat), boxOn(ids[1]!, labels.cat)])
  const [gone] = findMedia(project)
  fs.rmSync(path.join(images, gone!.path))
  expect(await compare({})).toMatchObject({ images: { with: 1 }, leftOut: [{ path: gone!.path, reason: 'no such file' }] })
})

test('progress is told image by image, and cancelling stops before the next question', async () => {
  addRegions(
    project,
    ids.map((id) => boxOn(id, labels.cat)),
  )
  const stop = new AbortController()
  const told: number[][] = []
  const onProgress = (done: number, total: number) => {
    told.push([done, total])
    if (done === 1) stop.abort()
  }
  await expect(compare({ rows: [['lion']] }, { signal: stop.signal, onProgress })).rejects.toThrow('cancelled')
  expect(told).toEqual([
    [0, 3],
    [1, 3],
  ])
  expect(asked('detect')).toBe(1)
})

test('classes: the accuracy over labelled images, with the other labels’ own prompts', async () => {
  setMediaLabels(
    project,
    ids.map((mediaId, i) => ({ mediaId, labelId: i === 0 ? labels.cat : labels.house })),
  )
  const found = await compare({ task: 'classify', model: TINY_CLIP, rows: [['cat'], ['bird', 'a {}']] })
  expect(found.images).toEqual({ with: 1, without: 1 })
  for (const { scores } of found.rows) expect([0, 0.5, 1]).toContain(scores['accuracy'])
  for (const { rows } of found.differing) for (const { said } of rows) expect(Object.values(labels)).toContain(said)
  expect([asked('embed-classes'), asked('embed-image')]).toEqual([2, 2])
})

test('masks: IoU on images whose regions of the label all have an outline', async () => {
  const ring = [5, 5, 60, 5, 60, 60, 5, 60]
  addRegions(project, [
    { mediaId: ids[0]!, labelId: labels.cat, shape: { kind: 'polygon', parts: [[ring]] } },
    { mediaId: ids[2]!, labelId: labels.cat, shape: { kind: 'polygon', parts: [[ring]] } },
    boxOn(ids[2]!, labels.cat),
  ])
  const { rows, images: n } = await compare({
    task: 'segment',
    model: goldenPath('../models/clipseg'),
    rows: [
      ['cat', '{}'],
      ['bird', '{}'],
    ],
  })
  expect(n).toEqual({ with: 1, without: 0 })
  for (const { scores } of rows) expect(scores['iou']).toEqual(expect.toSatisfy((x: number) => x >= 0 && x <= 1))
  // The project's other labels compete for the pixels.
  expect(ask.mock.calls.flatMap(([q]) => (q.kind === 'segment' ? [q.settings.background] : []))).toContainEqual(['background', 'house'])
})

test.each([
  [{ task: 'detect' }, 'prompts are compared on images with accepted regions of the label, and "cat" has none'],
  [
    { task: 'segment', model: TINY_CLIP },
    'prompts are compared on images with accepted masks or outlines of the label, and "cat" has none',
  ],
  [{ task: 'classify', model: TINY_CLIP }, 'prompts are compared on images with the label as their only one, and "cat" has none'],
  [{ labelId: 999 }, 'the project has no label 999'],
])('%o: %s', async (o, message) => {
  await expect(compare(o)).rejects.toThrow(message)
})
