/** No job ends because of an image that cannot be read: it comes to what it would have come to without it, and says which it was. */
import fs from 'node:fs'
import path from 'node:path'
import { beforeAll, expect, test } from 'vitest'
import type { TrainJob } from '#shared/model/job.ts'
import { runJob } from '../../../src-main/engine/jobs/run-job.ts'
import { readRecord } from '../../../src-main/engine/weights/checkpoint.ts'
import { filesOf, shapePictures, shapesJob, temporaryFolder } from '../../helpers/pictures.ts'

let dir: string
let splits: TrainJob['splits']
let n = 0
beforeAll(async () => {
  dir = temporaryFolder()
  splits = await shapePictures(path.join(dir, 'pictures'))
})

const hooks = { onProgress: () => undefined, isCancelled: () => false }
const job = (more: Partial<TrainJob>): TrainJob =>
  shapesJob(splits, { out: path.join(dir, `run-${n++}`), cache: path.join(dir, 'cache'), ...more })
const weightsOf = ({ out }: TrainJob) => Object.fromEntries(Object.entries(filesOf(out)).filter(([name]) => name.endsWith('.safetensors')))

/** The splits with an image of each that is cut off, gone, or no image; and without these. */
function spoilt() {
  const spoil: Record<string, (file: string) => void> = {
    'cut.png': (file) => fs.writeFileSync(file, fs.readFileSync(splits['train']![1]!.file).subarray(0, 100)),
    'gone.png': () => undefined,
    'text.png': (file) => fs.writeFileSync(file, 'no image'),
  }
  const bad = Object.entries(spoil).map(([name, make]) => {
    const file = path.join(dir, name)
    make(file)
    return { ...splits['train']![0]!, file, hash: null, name }
  })
  return { bad, ...splits, train: [bad[0]!, ...splits['train']!, bad[1]!], val: [...(splits['val'] ?? []), bad[2]!] }
}

const tuning = { epochs: 2, batchSize: 4, lr: 1e-3, augmentation: 'none' }
test.each([
  ['lp', { cCount: 3 }],
  ['ft', tuning],
] as const)('%s', async (recipe, settings) => {
  const { bad: _, ...given } = spoilt()
  const [whole, damaged] = [
    job({ recipe, settings, splits: { ...splits, val: splits['val'] ?? [] } }),
    job({ recipe, settings, splits: given }),
  ]
  const expected = await runJob(whole, hooks)
  const done = await runJob(damaged, hooks)
  expect(done.loss).toEqual(expected.loss)
  expect(weightsOf(damaged)).toEqual(weightsOf(whole))
  expect(Object.fromEntries(Object.entries(done.measured.splits).map(([k, s]) => [k, s.n]))).toEqual(
    Object.fromEntries(Object.entries(expected.measured.splits).map(([k, s]) => [k, s.n])),
  )
  const leftOut = [
    ['cut.png', /truncated or damaged PNG/],
    ['gone.png', /no such file/],
    ['text.png', /not an image/],
  ] as const
  expect(done.leftOut.map((l) => l.file)).toEqual(leftOut.map(([file]) => file))
  leftOut.forEach(([, reason], i) => expect(done.leftOut[i]!.reason).toMatch(reason))
  expect(readRecord(damaged.out).leftOut).toEqual(done.leftOut)
  expect(readRecord(whole.out).leftOut).toBeUndefined()
})

test('where none can be read the job ends in one line that names one', async () => {
  const gone = splits['train']!.map((item, i) => ({ ...item, file: path.join(dir, `gone-${i}.png`), hash: null, name: `gone-${i}.png` }))
  await expect(runJob(job({ recipe: 'lp', settings: {}, splits: { train: gone } }), hooks)).rejects.toThrow(
    /none of the images can be read \(gone-0\.png: no such file/,
  )
})
