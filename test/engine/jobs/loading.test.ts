/** A training whose images are read and varied by threads of their own. */
import path from 'node:path'
import sharp from 'sharp'
import { beforeAll, expect, test } from 'vitest'
import { resultOf, type TrainJob } from '#shared/model/job.ts'
import { JobThread } from '../../../src-main/engine/job-thread.ts'
import { runJob } from '../../../src-main/engine/jobs/run-job.ts'
import { filesOf, shapePictures, shapesJob, temporaryFolder } from '../../helpers/pictures.ts'
import { programUrl } from '../../helpers/programs.ts'

const dir = temporaryFolder()
let splits: TrainJob['splits']
/** Large enough to be reduced. */
beforeAll(async () => {
  const small = await shapePictures(path.join(dir, 'pictures'))
  const enlarged = async (file: string) => {
    const large = file.replace('.png', '.jpg')
    await sharp(file).flatten({ background: '#fff' }).resize(400, 300, { fit: 'fill' }).jpeg().toFile(large)
    return large
  }
  const split = async (items: TrainJob['splits'][string]) =>
    Promise.all(items.map(async (item) => ({ ...item, file: await enlarged(item.file) })))
  splits = { train: await split(small.train), val: await split(small.val) }
})

let n = 0
const job = (more: Partial<TrainJob> = {}): TrainJob =>
  shapesJob(splits, {
    ...{ settings: { epochs: 3, batchSize: 4, lr: 1e-3, augmentation: 'strong' }, saveEverySeconds: 0 },
    ...{ out: path.join(dir, `run-${n++}`), cache: path.join(dir, 'cache'), ...more },
  })
const weightsOf = ({ out }: TrainJob) => Object.fromEntries(Object.entries(filesOf(out)).filter(([name]) => name.endsWith('.safetensors')))
const plainly = (training: TrainJob) => runJob(training, { onProgress: () => undefined, isCancelled: () => false })

test('its bits are those of one thread, from images that are kept or not, and when it is resumed', async () => {
  const thread = new JobThread(await programUrl('engine-worker'))
  const [alone, cold, warm, parts] = [job(), job(), job(), job()]
  const { loss } = resultOf('train', await plainly(alone))
  for (const training of [cold, warm]) {
    expect(resultOf('train', await thread.run(training, () => undefined).result).loss).toEqual(loss)
    expect(weightsOf(training)).toEqual(weightsOf(alone))
  }
  const steps: number[] = []
  const stopped = thread.run(parts, ({ phase, done }) => {
    if (phase === 'training' && steps.push(done) === 2) stopped.cancel()
  })
  await expect(stopped.result).rejects.toMatchObject({ fault: 'cancelled' })
  expect(resultOf('train', await thread.run(parts, () => undefined).result).loss).toEqual(loss)
  expect(weightsOf(parts)).toEqual(weightsOf(alone))
})

test('leaves out what cannot be read, with the words of one thread', async () => {
  const thread = new JobThread(await programUrl('engine-worker'))
  const broken = { ...splits, train: [...splits['train']!, { file: path.join(dir, 'gone.jpg'), label: 0 }] }
  const [alone, apart] = [job({ splits: broken }), job({ splits: broken })]
  const { leftOut } = resultOf('train', await plainly(alone))
  expect(leftOut).toEqual([{ file: path.join(dir, 'gone.jpg'), reason: 'no such file' }])
  expect(resultOf('train', await thread.run(apart, () => undefined).result).leftOut).toEqual(leftOut)
  expect(weightsOf(apart)).toEqual(weightsOf(alone))
})
