/** A training that waits for what is missing, and goes on by itself. */
import fs from 'node:fs'
import path from 'node:path'
import { beforeAll, expect, test } from 'vitest'
import type { Awaited as Waits } from '#shared/model/progress.ts'
import type { JobProgress, TrainJob } from '#shared/model/job.ts'
import { Images } from '../../../src-main/engine/data/images.ts'
import { runJob } from '../../../src-main/engine/jobs/run-job.ts'
import { runLoop, savedLosses } from '../../../src-main/engine/runtime/loop.ts'
import { Pauses } from '../../../src-main/engine/runtime/pauses.ts'
import type { Trainer } from '../../../src-main/engine/runtime/train.ts'
import { shapePictures, shapesJob, temporaryFolder } from '../../helpers/pictures.ts'

let dir: string
let splits: TrainJob['splits']
beforeAll(async () => {
  dir = temporaryFolder()
  splits = await shapePictures(path.join(dir, 'pictures'))
})

/** A training whose disk is full for the first so many times that its state is copied. */
function onFullDisk(tries: number) {
  let left = tries
  const trainer = {
    step: async () => ({ loss: 1 }),
    snapshot: async () => {
      if (left-- > 0) throw Object.assign(new Error('no space left on device'), { code: 'ENOSPC' })
      return new Map([['w:a', Float32Array.of(1)]])
    },
  } as unknown as Trainer
  return { trainer, steps: 2, imagesPerStep: 1, schedule: () => 1, batch: async () => ({}) }
}
const waiting = (isCancelled = () => false) => {
  const told: (Waits | null)[] = []
  return { told, pauses: new Pauses({ onPause: (waits) => told.push(waits), isCancelled, everyMs: 5 }) }
}
const resume = () => ({ file: path.join(temporaryFolder(), 'state.safetensors'), everySeconds: 0, identity: 'mine' })

test('a state for which there is no room is saved once there is', async () => {
  const { told, pauses } = waiting()
  const to = resume()
  expect(await runLoop(onFullDisk(3), { resume: to, pauses })).toEqual([1, 1])
  const full = { for: 'room', path: path.dirname(to.file) }
  expect(told).toEqual([full, full, full, null])
  expect(savedLosses(to.file)).toEqual([1, 1])
  await expect(runLoop(onFullDisk(1), { resume: resume() })).rejects.toThrow('no space left')
})

test('waiting for room ends when the job is cancelled', async () => {
  const { told, pauses } = waiting(() => told.length > 1)
  await expect(runLoop(onFullDisk(Infinity), { resume: resume(), pauses })).rejects.toMatchObject({ fault: 'cancelled' })
})

test('images of a folder that is gone are read once it is back; a single one that is gone is left out', async () => {
  const folder = path.join(dir, 'pictures', 'id')
  const [first] = splits['id']!
  const { told, pauses } = waiting()
  fs.renameSync(folder, `${folder}-away`)
  const reading = new Images(splits['id']!, undefined, pauses).pixels(0)
  await expect.poll(() => told.length).toBeGreaterThan(1)
  fs.renameSync(`${folder}-away`, folder)
  expect((await reading).width).toBe(40)
  expect([told[0], told.at(-1)]).toEqual([{ for: 'folder', path: folder }, null])
  const lone = new Images([{ ...first!, file: path.join(folder, 'nothing.png') }], undefined, pauses)
  await expect(lone.pixels(0)).rejects.toMatchObject({ name: 'DashiError', fault: 'data' })
})

test('a training whose folder vanishes goes on, to the same numbers, when it is there again; unless it may not wait', async () => {
  const job = (name: string, waits: boolean) =>
    shapesJob(splits, {
      ...{ out: path.join(dir, name), cache: path.join(dir, `cache-${name}`), waits },
      settings: { epochs: 1, batchSize: 6, lr: 1e-3, augmentation: 'none' },
    })
  const quiet = { onProgress: () => undefined, isCancelled: () => false }
  const whole = await runJob(job('whole', false), quiet)
  const folder = path.join(dir, 'pictures', 'train')
  fs.renameSync(folder, `${folder}-away`)
  const told: JobProgress[] = []
  const back = ({ waits }: JobProgress) => waits && fs.existsSync(`${folder}-away`) && fs.renameSync(`${folder}-away`, folder)
  const { loss } = await runJob(job('waits', true), { ...quiet, onProgress: (p) => (told.push(p), void back(p)) })
  expect(loss).toEqual(whole.loss)
  expect(told.some((p) => p.waits?.for === 'folder' && p.waits.path === folder)).toBe(true)
  expect(told.at(-1)!.waits).toBeUndefined()
})
