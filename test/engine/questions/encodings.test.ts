/** An encoded image that was kept on disk gives the answers that it gave when it was encoded. */
import fs from 'node:fs'
import path from 'node:path'
import { expect, test, vi } from 'vitest'
import type { Prompt } from '#shared/model/preview.ts'
import { decodeImage } from '../../../src-main/engine/data/decode.ts'
import { Encodings } from '../../../src-main/engine/data/encodings.ts'
import { Detecting } from '../../../src-main/engine/detection/detecting.ts'
import { openModel } from '../../../src-main/engine/models/checkpoint.ts'
import type { Model } from '../../../src-main/engine/models/model.ts'
import { Prompting } from '../../../src-main/engine/segmentation/prompting.ts'
import { Segmenting } from '../../../src-main/engine/segmentation/segmenting.ts'
import { golden, goldenPath } from '../../helpers/golden.ts'
import { temporaryFolder, TINY_CLIP } from '../../helpers/pictures.ts'

vi.mock(import('../../../src-main/engine/data/decode.ts'), { spy: true })

const dir = temporaryFolder()
const pictures = golden<Record<string, { file: string }>>('owl-pictures.json')
const picture = (name: string, as = name) => {
  const file = path.join(dir, `${as.replace(':', '-')}.png`)
  fs.writeFileSync(file, Buffer.from(pictures[name]!.file, 'base64'))
  return file
}
const words: Prompt = { classes: [{ name: 'cat' }], templates: ['{}'] }
const click = [{ x: 5, y: 5, inside: true }]

interface Worker {
  prepare(file: string, disk?: Encodings): Promise<boolean>
  settled(): Promise<void>
  release(): Promise<void>
}
interface Case {
  readonly from: string
  open(model: Model): Worker & { ask(file: string): Promise<unknown> }
}
const asking = <W extends Worker>(worker: W, ask: (file: string) => Promise<unknown>) => Object.assign(worker, { ask })
const detector: Case = {
  from: goldenPath('families/owlv2'),
  open: (model) => {
    const worker = Detecting.with(model, 'test')
    return asking(worker, (file) => worker.find(file, words, { threshold: 0 }))
  },
}
const segmenter = (from: string): Case => ({
  from,
  open: (model) => {
    const worker = Segmenting.with(model, 'test')
    return asking(worker, (file) => worker.find(file, words, { threshold: 0 }))
  },
})
const prompter: Case = {
  from: goldenPath('../models/sam'),
  open: (model) => {
    const worker = Prompting.with(model, 'test')
    return asking(worker, (file) => worker.find(file, click))
  },
}

async function using<T>({ from, open }: Case, use: (worker: ReturnType<Case['open']>) => Promise<T>, dir = from): Promise<T> {
  const model = await openModel(dir)
  const worker = open(model)
  try {
    return await use(worker)
  } finally {
    await worker.settled()
    await worker.release()
    model.close()
  }
}
const decoded = () => vi.mocked(decodeImage).mock.calls.length

test.each([
  ['a detector', detector],
  ['CLIPSeg', segmenter(goldenPath('../models/clipseg'))],
  ['any CLIP, of several windows', segmenter(TINY_CLIP)],
  ['SAM', prompter],
])('%s answers from the disk as it does from memory', async (_, kind) => {
  const disk = new Encodings({ folder: path.join(dir, 'disk'), bytes: 1e8 })
  const file = picture('10:1')
  const without = await using(kind, (worker) => worker.ask(file))
  expect(await using(kind, (worker) => worker.prepare(file, disk))).toBe(true)
  const before = decoded()
  const moved = picture('10:1', 'moved')
  const after = await using(kind, async (worker) => {
    expect(await worker.prepare(moved, disk)).toBe(false)
    return worker.ask(moved)
  })
  expect(decoded()).toBe(before)
  expect(after).toEqual(without)
})

test('another image, another model and other preprocessing are encoded anew; a damaged file is, too', async () => {
  const folder = path.join(dir, 'own')
  const disk = new Encodings({ folder, bytes: 1e8 })
  const file = picture('large')
  const fresh = (model: string) => using(detector, (worker) => worker.prepare(file, disk), model)
  expect([await fresh(detector.from), await fresh(detector.from)]).toEqual([true, false])
  picture('grey', 'large')
  expect([await fresh(detector.from), await fresh(detector.from)]).toEqual([true, false])
  const copy = path.join(dir, 'copy')
  fs.cpSync(detector.from, copy, { recursive: true })
  expect([await fresh(copy), await fresh(copy)]).toEqual([true, false])
  const preprocessor = path.join(copy, 'preprocessor_config.json')
  fs.writeFileSync(preprocessor, fs.readFileSync(preprocessor, 'utf8').replace(/"image_mean": \[\s*[\d.]+/, '"image_mean": [0.4'))
  expect([await fresh(copy), await fresh(copy)]).toEqual([true, false])
  for (const name of fs.readdirSync(folder)) fs.truncateSync(path.join(folder, name), 300)
  expect([await fresh(copy), await fresh(copy)]).toEqual([true, false])
})
