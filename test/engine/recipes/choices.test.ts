/** What recipes choose where several are equally good, and what they make of batches in parts. */
import path from 'node:path'
import { beforeAll, expect, test } from 'vitest'
import { type TrainJob, predictionsOf } from '#shared/model/job.ts'
import { runJob } from '../../../src-main/engine/jobs/run-job.ts'
import { openSafetensors } from '../../../src-main/engine/weights/safetensors.ts'
import { readHead } from '../../../src-main/engine/weights/head.ts'
import { relativeError } from '../../helpers/golden.ts'
import { shapePictures, shapesJob, temporaryFolder } from '../../helpers/pictures.ts'

let dir: string
let splits: TrainJob['splits']
let n = 0
beforeAll(async () => {
  dir = temporaryFolder()
  const { train, val } = await shapePictures(path.join(dir, 'pictures'))
  splits = { train, val }
})
const hooks = { onProgress: () => undefined, isCancelled: () => false }
async function trained(more: Partial<TrainJob>) {
  const job = shapesJob(splits, { out: path.join(dir, `run-${n++}`), cache: path.join(dir, 'cache'), ...more })
  return { job, result: await runJob(job, hooks) }
}

test('of strengths that are equally right on the validation images, a probe takes the smallest C', async () => {
  // So weak a range that every fit answers the most frequent class.
  const { train, val } = splits
  const uneven = { train: train!.filter((i, k) => i.label === 0 || k < 6), val: val! }
  const { result } = await trained({ recipe: 'lp', settings: { cMin: 1e-9, cMax: 1e-7, cCount: 3 }, splits: uneven })
  expect(predictionsOf(result.measured)['val']!.accuracy).toBeCloseTo(1 / 3)
  expect(result.notes['C']).toBe(1e-9)
})

test('a probe tries its strengths in equal ratios, both ends among them', async () => {
  const { result } = await trained({ recipe: 'lp', settings: { cMin: 4, cMax: 4, cCount: 2 } })
  expect([result.notes['C'], result.loss.length]).toEqual([4, 2])
  const { result: one } = await trained({ recipe: 'lp', settings: { cMin: 0.5, cMax: 8, cCount: 1 } })
  expect(one.notes['C']).toBe(0.5)
})

test('three batches of four whose gradients are averaged are one batch of twelve', async () => {
  const settings = { epochs: 3, lr: 1e-3, augmentation: 'none', clipNorm: 0.5 }
  const whole = await trained({ settings: { ...settings, batchSize: 12 } })
  const parts = await trained({ settings: { ...settings, batchSize: 4, accumulate: 3 } })
  expect(parts.result.loss).toHaveLength(3)
  expect(relativeError(parts.result.loss, whole.result.loss)).toBeLessThan(1e-4)
  expect(relativeError(readHead(parts.job.out).weight, readHead(whole.job.out).weight)).toBeLessThan(1e-3)
  const [a, b] = [whole, parts].map(({ job }) => {
    const file = openSafetensors(path.join(job.out, 'model.safetensors'))
    const data = file.float32('visual_projection.weight').slice()
    file.close()
    return data
  })
  expect(relativeError(b!, a!)).toBeLessThan(1e-3)
})
