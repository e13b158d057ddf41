/** `evaluate --task word-order`: an image's caption against the same words swapped, and two images that have each other's. */
import path from 'node:path'
import { beforeAll, expect, test } from 'vitest'
import type { Item, WordOrder } from '#shared/model/job.ts'
import { runJob } from '../../../src-main/engine/jobs/run-job.ts'
import { openModel } from '../../../src-main/engine/models/checkpoint.ts'
import { Images } from '../../../src-main/engine/data/images.ts'
import { imageFeatures, textFeatures, unitRows } from '../../../src-main/engine/tasks/embed.ts'
import { shapePictures, temporaryFolder, TINY_CLIP } from '../../helpers/pictures.ts'

let dir: string
let pictures: Item[]
beforeAll(async () => {
  dir = temporaryFolder()
  pictures = (await shapePictures(path.join(dir, 'pictures'))).train
})
const a = 'a red ring left of a blue box'
const b = 'a blue box left of a red ring'
const c = 'a moon above a hill'
const d = 'a hill above a moon'
const told = (i: number, caption: string, swapped?: string): Item => ({
  ...{ ...pictures[i]!, label: 0, captions: [caption] },
  ...(swapped !== undefined && { swaps: [{ caption, swapped }] }),
})
const measure = async (splits: Record<string, Item[]>) => {
  const { measured } = await runJob(
    { kind: 'evaluate', task: 'word-order', checkpoint: TINY_CLIP, device: 'cpu', classes: [], cache: path.join(dir, 'cache'), splits },
    { onProgress: () => undefined, isCancelled: () => false },
  )
  return measured.splits as Record<string, WordOrder>
}

test('counts in which of the swaps the own caption is nearer, split by split', async () => {
  const x = [told(0, a, b), told(1, b, a), told(2, c, d), told(3, d)]
  const y = [told(4, c, d)]
  const { x: first, y: second, none } = await measure({ x, y, none: [told(5, 'a lamp')] })
  const model = await openModel(TINY_CLIP)
  const texts = [a, b, c, d]
  const rows = await textFeatures(model, texts)
  const images = unitRows(await imageFeatures(model, new Images([...x, ...y])), model.dim)
  const cosine = (image: number, text: string) =>
    Array.from({ length: model.dim }, (_, i) => images[image * model.dim + i]! * rows[texts.indexOf(text) * model.dim + i]!).reduce(
      (s, v) => s + v,
    )
  const nearer = (image: number, own: string, other: string) => Number(cosine(image, own) - cosine(image, other) > 1e-5)
  model.close()
  expect(first).toMatchObject({ n: 3, swaps: 3, ties: 0 })
  expect(first!.score).toBeCloseTo((nearer(0, a, b) + nearer(1, b, a) + nearer(2, c, d)) / 3, 12)
  expect(second!.score).toBe(nearer(4, c, d))
  expect(none).toEqual({ n: 0, swaps: 0, score: null, interval: null, ties: 0, pairs: null })
  // Only the first two images have each other's caption swapped, and are one pair; the fourth has nothing to swap.
  const image = Number(cosine(0, a) - cosine(1, a) > 1e-5 && cosine(1, b) - cosine(0, b) > 1e-5)
  const text = nearer(0, a, b) * nearer(1, b, a)
  expect(first!.pairs).toEqual({ n: 1, text, image, group: text * image })
  expect(second!.pairs).toBeNull()
})

test('the same picture with both captions is nearer to one of them: one of two swaps is right, and no pair', async () => {
  const same = [told(0, a, b), { ...told(1, b, a), file: pictures[0]!.file }]
  const { x } = await measure({ x: same })
  expect(x).toMatchObject({ swaps: 2, score: 0.5, pairs: { n: 1, text: 0, image: 0, group: 0 } })
})

test('captions that are read as one are a tie, which counts against them', async () => {
  const cut = 'a ring '.repeat(60)
  const { x } = await measure({ x: [told(0, `${cut}${a}`, `${cut}${b}`)] })
  expect(x).toMatchObject({ swaps: 1, score: 0, ties: 1 })
})
