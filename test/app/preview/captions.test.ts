/** Captions by retrieval: ranked as the model ranks them, near-copies and what is there already left out. */
import path from 'node:path'
import { beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { addCaption, addRegion, undoChange } from '../../../src-main/app/annotations/index.ts'
import type { AppContext } from '../../../src-main/app/context.ts'
import { distinct, suggestCaptions, wordsInCommon } from '../../../src-main/app/preview/captions.ts'
import { addRecords, createProject, findMedia, mediaFile, type Project } from '../../../src-main/app/projects/index.ts'
import { answer } from '../../../src-main/engine/questions/answer.ts'
import { shapePictures, temporaryFolder, TINY_CLIP } from '../../helpers/pictures.ts'

const app = { engine: { ask: answer }, nano: TINY_CLIP, cache: '' } as unknown as AppContext
let project: Project
let ids: number[]
let shapes: string
let names: string[]
beforeAll(async () => {
  shapes = path.join(temporaryFolder(), 'shapes')
  names = Object.values(await shapePictures(shapes))
    .flat()
    .slice(0, 4)
    .map(({ file }) => path.relative(shapes, file))
})
beforeEach(() => {
  project = createProject(path.join(temporaryFolder(), 'project'), { user: 'ann' })
  addRecords(
    project,
    names.map((fileName) => ({ fileName })),
    { root: shapes },
  )
  ids = findMedia(project).map((m) => m.id)
})
const caption = (at: number, text: string, regionId: number | null = null) =>
  addCaption(project, { mediaId: ids[at]!, regionId, text, language: 'en' })
const suggest = (at: number, o: { regionId?: number; limit?: number } = {}) =>
  suggestCaptions(app, project, { mediaId: ids[at]!, regionId: null, model: TINY_CLIP, limit: 9, ...o })
const similarity = (at: number, texts: string[], region?: [number, number, number, number]) => {
  const media = findMedia(project)[at]!
  return answer({
    kind: 'similarity',
    model: TINY_CLIP,
    file: mediaFile(project, media),
    texts,
    ...(region && { region }),
  }) as Promise<Float32Array>
}

describe('texts', () => {
  test('have words in common: two of four', () => {
    expect(wordsInCommon(new Set(['a', 'red', 'cat']), new Set(['a', 'cat', 'sleeps']))).toBe(0.5)
  })
  test('that differ only in order, case, marks or width are the same', () => {
    const texts = ['A red cat on grass.', 'on grass, a RED cat', 'Ａ red cat on grass', 'a dog'].map((text) => ({ text }))
    expect(distinct(texts, [], 9).map((t) => t.text)).toEqual(['A red cat on grass.', 'a dog'])
    expect(distinct(texts, ['a red cat on grass!'], 9).map((t) => t.text)).toEqual(['a dog'])
    expect(distinct(texts, [], 1)).toHaveLength(1)
  })
  test('in Japanese too', () => {
    const texts = ['赤い猫が草の上にいる', '赤い猫が草の上にいる。', '犬が走る'].map((text) => ({ text }))
    expect(distinct(texts, [], 9)).toHaveLength(2)
  })
})

test('of other images, the best first, as the model says; each with the image it is from', async () => {
  const texts = ['a circle', 'some stripes', 'one square here']
  texts.forEach((text, i) => caption(i + 1, text))
  const scores = [...(await similarity(0, texts))]
  const found = await suggest(0)
  const order = texts.map((_, i) => i).sort((a, b) => scores[b]! - scores[a]!)
  expect(found.map((s) => s.text)).toEqual(order.map((i) => texts[i]))
  found.forEach((s, k) => {
    expect(s.mediaId).toBe(ids[order[k]! + 1])
    expect(s.score).toBeCloseTo(scores[order[k]!]!, 6)
  })
  expect(await suggest(0, { limit: 2 })).toEqual(found.slice(0, 2))
})

test('its own is left out, also where another image says the same', async () => {
  caption(0, 'a circle')
  caption(1, 'A circle.')
  caption(2, 'some stripes')
  expect((await suggest(0)).map((s) => s.text)).toEqual(['some stripes'])
  undoChange(project) // the last caption
  expect(await suggest(0)).toEqual([])
})

test('a region is compared as it is cut out, with what is said of regions', async () => {
  const region = (at: number, x: number) => addRegion(project, { mediaId: ids[at]!, shape: { kind: 'box', x, y: 3, w: 12, h: 14 } })
  caption(1, 'a whole image')
  const [own, other] = [region(0, 4), region(1, 2)]
  expect((await suggest(0, { regionId: own.id })).map((s) => s.text)).toEqual(['a whole image'])
  caption(1, 'a part of it', other.id)
  const [found, ...more] = await suggest(0, { regionId: own.id })
  expect(more).toEqual([])
  expect(found).toMatchObject({ text: 'a part of it', mediaId: ids[1] })
  expect(found!.score).toBeCloseTo((await similarity(0, ['a part of it'], [4, 3, 12, 14]))[0]!, 6)
  expect(found!.score).not.toBeCloseTo((await similarity(0, ['a part of it']))[0]!, 6)
  await expect(suggest(0, { regionId: 999 })).rejects.toThrow('the image has no region 999')
})
