/** Boxes that are there become masks beside them, by a small model with random weights. */
import fs from 'node:fs'
import path from 'node:path'
import { beforeEach, expect, test, vi } from 'vitest'
import { boxMasksOptions } from '#shared/model/propose.ts'
import type { Question } from '#shared/model/question.ts'
import { addLabels, addRegions, undoChange } from '../../../src-main/app/annotations/index.ts'
import type { AppContext } from '../../../src-main/app/context.ts'
import { maskBoxes } from '../../../src-main/app/preview/box-masks.ts'
import { addRecords, createProject, findMedia, imageContent, type Project } from '../../../src-main/app/projects/index.ts'
import { answer } from '../../../src-main/engine/questions/answer.ts'
import { golden, goldenPath } from '../../helpers/golden.ts'
import { temporaryFolder, TINY_CLIP } from '../../helpers/pictures.ts'

const SAM = goldenPath('../models/sam')
const pictures = golden<Record<string, { file: string }>>('owl-pictures.json')
const SIZES = { large: [150, 110], grey: [50, 45] } as const
let project: Project
let dir: string
let [large, grey, cat, house] = [0, 0, 0, 0]
const ask = vi.fn((question: Question) => answer(question))
const app = { engine: { ask }, cache: '' } as unknown as AppContext

beforeEach(() => {
  dir = temporaryFolder()
  for (const name of Object.keys(SIZES)) fs.writeFileSync(path.join(dir, `${name}.png`), Buffer.from(pictures[name]!.file, 'base64'))
  project = createProject(path.join(dir, 'project'), { user: 'ann' })
  addRecords(
    project,
    Object.entries(SIZES).map(([name, [width, height]]) => ({ fileName: `${name}.png`, width, height })),
    { root: dir },
  )
  ;[large, grey] = findMedia(project).map((m) => m.id) as [number, number]
  ;[cat, house] = addLabels(project, [{ name: 'cat' }, { name: 'house' }]).map((l) => l.id) as [number, number]
  addRegions(project, [
    { mediaId: large, labelId: cat, shape: { kind: 'box', x: 10, y: 10, w: 60, h: 60 }, attributes: { side: 'left' } },
    { mediaId: large, labelId: house, shape: { kind: 'rotated-box', cx: 90, cy: 60, w: 40, h: 30, angle: 0.3 } },
    { mediaId: large, labelId: house, shape: { kind: 'box', x: 3, y: 3, w: 9, h: 9 }, state: 'rejected' },
    { mediaId: large, labelId: null, shape: { kind: 'polygon', parts: [[[5, 5, 40, 5, 40, 40]]] } },
    { mediaId: grey, labelId: null, shape: { kind: 'box', x: 5, y: 5, w: 30, h: 30 } },
  ])
  ask.mockClear()
})
const regions = () => [large, grey].flatMap((id) => imageContent(project, id).regions)
const make = (o: object = {}, control = {}) => maskBoxes(app, project, boxMasksOptions.parse({ model: SAM, ...o }), control)

test('a mask proposed for each box, with its label; the boxes stay, and one undo takes the masks away', async () => {
  const before = regions()
  const report = await make()
  expect(report).toMatchObject({ images: 2, boxes: 3, known: 0, leftOut: [] })
  expect(report.proposals + report.empty).toBe(3)
  expect(report.proposals).toBeGreaterThan(0)
  const made = regions().filter((r) => !before.some((b) => b.id === r.id))
  expect(regions().filter((r) => before.some((b) => b.id === r.id))).toEqual(before)
  expect(made).toHaveLength(report.proposals)
  for (const { shape, state, author, labelId, attributes } of made) {
    expect([shape.kind, state]).toEqual(['mask', 'proposed'])
    expect(author).toMatchObject({ kind: 'checkpoint', checkpoint: SAM, prompt: expect.stringMatching(/^box \d/) as string })
    if (labelId === cat) expect(attributes).toEqual({ side: 'left' })
  }
  undoChange(project)
  expect(regions()).toEqual(before)
})

test('what has a mask already gets none; of some images and labels only', async () => {
  const { proposals } = await make()
  expect(await make()).toMatchObject({ boxes: 3, proposals: 0, known: proposals })
  expect(await make({ known: 1, labelIds: [house] })).toMatchObject({ boxes: 1 })
  expect(await make({ known: 1, mediaIds: [grey] })).toMatchObject({ images: 1, boxes: 1 })
})

test('an image without boxes is not read; one that is gone is named, and the rest goes on', async () => {
  fs.rmSync(path.join(dir, 'large.png'))
  expect(await make()).toMatchObject({ images: 1, boxes: 1, leftOut: [{ path: 'large.png', reason: 'no such file' }] })
  ask.mockClear()
  expect(await make({ labelIds: [cat], mediaIds: [grey] })).toMatchObject({ images: 1, boxes: 0, proposals: 0 })
  expect(ask).not.toHaveBeenCalled()
})

test('cancelling stores nothing; a model that takes no boxes is refused', async () => {
  const [before, stop] = [regions(), new AbortController()]
  const onProgress = (done: number) => void (done === 1 && stop.abort())
  await expect(make({}, { signal: stop.signal, onProgress })).rejects.toMatchObject({ fault: 'cancelled' })
  await expect(make({ model: TINY_CLIP })).rejects.toThrow('a CLIP model')
  expect(regions()).toEqual(before)
})
