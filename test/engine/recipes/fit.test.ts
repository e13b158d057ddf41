/** What keeps a training alive: the best weights kept, an end when it gets no better, a stop where numbers run away, less memory. */
import path from 'node:path'
import { afterEach, beforeAll, describe, expect, test, vi } from 'vitest'
import type { JobProgress, TrainJob } from '#shared/model/job.ts'
import { runJob } from '../../../src-main/engine/jobs/run-job.ts'
import { Session } from '../../../src-main/engine/runtime/session.ts'
import { readRecord } from '../../../src-main/engine/weights/checkpoint.ts'
import { filesOf, shapePictures, shapesJob, temporaryFolder } from '../../helpers/pictures.ts'

let dir: string
let splits: TrainJob['splits']
beforeAll(async () => {
  dir = temporaryFolder()
  splits = await shapePictures(path.join(dir, 'pictures'))
})
afterEach(() => void vi.restoreAllMocks())

const STEPS_AN_EPOCH = 2
const job = (name: string, settings: TrainJob['settings'] = {}, more: Partial<TrainJob> = {}): TrainJob =>
  shapesJob(splits, {
    ...{ out: path.join(dir, name), cache: path.join(dir, 'cache'), seed: 3 },
    settings: { epochs: 6, batchSize: 6, lr: 2e-3, warmup: 0, augmentation: 'none', ...settings },
    ...more,
  })
const quiet = { onProgress: () => undefined, isCancelled: () => false }
const weightsOf = (out: string) => Object.entries(filesOf(out)).filter(([name]) => name.endsWith('.safetensors'))
const accuracyOf = ({ measured }: { measured: unknown }) => (measured as { splits: { val: { accuracy: number } } }).splits.val.accuracy

describe('of the epochs', () => {
  test('the best and the last become checkpoints that are what the record says', async () => {
    const told: JobProgress[] = []
    const result = await runJob(job('both', { keep: 'both' }), { ...quiet, onProgress: (p) => told.push(p) })
    const { course, also } = result
    const { values, best, by } = course!.judged!
    expect([course!.kept, course!.epoch, by]).toEqual(['best', best, 'accuracy'])
    expect(values).toHaveLength(6)
    expect(best).toBe(1 + values.indexOf(Math.max(...values)))
    expect(best, 'another one than the last, or this shows nothing').toBeLessThan(6)
    expect(accuracyOf(result)).toBe(values[best - 1])
    expect(accuracyOf(also!)).toBe(values[5])
    expect(also!.checkpoint).toBe(path.join(dir, 'both-last'))
    expect(readRecord(path.join(dir, 'both')).course).toEqual(course)
    expect(readRecord(also!.checkpoint).course).toEqual({ ...course, kept: 'last', epoch: 6 })
    const judged = told.flatMap((p) => (p.judged ? [p.judged] : []))
    expect(judged.map(({ answers: _, ...rest }) => rest)).toEqual(values.map((value, i) => ({ epoch: i + 1, metric: 'accuracy', value })))
    for (const { answers, value } of judged) expect(answers!.filter((x) => x.class === x.truth).length / answers!.length).toBe(value)
    // Unless it is asked for, the last is kept, as ever; the record says all the same which was the best.
    const plain = await runJob(job('plain'), quiet)
    expect([plain.course, plain.also]).toEqual([{ ...course, kept: 'last', epoch: 6 }, undefined])
    expect(weightsOf(plain.checkpoint)).toEqual(weightsOf(also!.checkpoint))
  })

  test('the best is kept over an interruption too', async () => {
    const parts = job('parts', { keep: 'best' })
    for (const until of [3, 5]) {
      let steps = 0
      const stopping = { onProgress: ({ phase }: JobProgress) => void (phase === 'training' && steps++), isCancelled: () => steps >= until }
      await expect(runJob(parts, stopping)).rejects.toThrow('cancelled')
    }
    const { course } = await runJob(parts, quiet)
    expect(course!.kept).toBe('best')
    expect(weightsOf(parts.out)).toEqual(weightsOf(path.join(dir, 'both')))
  })

  test('no more are made once they get no better, if that is asked for', async () => {
    const { course, steps } = await runJob(job('early', { patience: 2, minDelta: 2 }), quiet)
    expect(steps).toBe(3 * STEPS_AN_EPOCH)
    expect(course).toMatchObject({ early: true, kept: 'last', epoch: 3 })
    const alone = job('alone', { patience: 1 })
    await expect(runJob({ ...alone, splits: { train: splits['train']! } }, quiet)).rejects.toThrow('there are none')
  })
})

describe('a training whose numbers run away', () => {
  test('stops, names step and tensor, and goes on from the last good state with a lower rate', async () => {
    const wild = job('wild')
    const run = Session.prototype.run
    let steps = 0
    vi.spyOn(Session.prototype, 'run').mockImplementation(async function (this: Session, ...given) {
      const { labels, pixels } = given[0]
      if (labels && ++steps >= 4) (pixels!.data as Float32Array)[0] = NaN
      return run.apply(this, given)
    })
    const seen: number[] = []
    const failing = runJob(wild, { ...quiet, onProgress: ({ loss }) => void (loss !== undefined && seen.push(loss)) })
    await expect(failing).rejects.toThrow(
      /the loss became NaN at step 4, and so the gradients of \d+ of \d+ tensors, of which vision_model\.\S+ is the first; the state after step 3 was kept/,
    )
    expect(seen).toHaveLength(3)
    vi.restoreAllMocks()
    const { loss, course } = await runJob({ ...wild, settings: { ...wild.settings, lr: 1e-4 } }, quiet)
    expect(loss.slice(0, 3)).toEqual(seen)
    expect(loss).toHaveLength(6 * STEPS_AN_EPOCH)
    expect(course!.rates).toEqual([
      [0, 2e-3],
      [3, 1e-4],
    ])
  })

  test('a state that was saved for another reason is not taken up with another rate', async () => {
    const given = job('given')
    let steps = 0
    const stopping = { onProgress: ({ phase }: JobProgress) => void (phase === 'training' && steps++), isCancelled: () => steps >= 2 }
    await expect(runJob(given, stopping)).rejects.toThrow('cancelled')
    const other = await runJob({ ...given, settings: { ...given.settings, lr: 1e-4, epochs: 6 } }, quiet)
    expect(other.course!.rates).toBeUndefined()
  })
})

describe('where memory runs out', () => {
  /** Throws what onnxruntime does, at a batch of more than `most` images. */
  function scarce(most: number) {
    const run = Session.prototype.run
    return vi.spyOn(Session.prototype, 'run').mockImplementation(async function (this: Session, ...given) {
      if ((given[0]['pixels']?.dims[0] ?? 0) > most && given[0]['labels'])
        throw new Error(
          'Non-zero status code returned while running FusedMatMul node. bfc_arena.cc:358 Failed to allocate memory for requested buffer of size 9663676416',
        )
      return run.apply(this, given)
    })
  }

  test('it goes on with the same examples a step, in smaller batches', async () => {
    const whole = await runJob(job('whole', { epochs: 2 }), quiet)
    expect(whole.course!.batches).toBeUndefined()
    scarce(2)
    const { course, loss, checkpoint } = await runJob(job('divided', { epochs: 2 }), quiet)
    expect(course!.batches).toEqual({ size: 1, accumulate: 6 }) // by two, and then by three
    expect(loss).toHaveLength(whole.loss.length)
    loss.forEach((value, i) => expect(Math.abs(value - whole.loss[i]!), `step ${i + 1}`).toBeLessThan(1e-4 * Math.abs(whole.loss[i]!)))
    expect(readRecord(checkpoint).course).toEqual(course)
  })

  test('even for one image, it says so', async () => {
    scarce(0)
    await expect(runJob(job('none', { epochs: 1 }), quiet)).rejects.toThrow(
      /^memory ran out, even with a single image at a time \(.*requested buffer/,
    )
  })
})
