/** The loop of a training: which batches it asks for, which rate each step gets, and what it calls the loss. */
import fs from 'node:fs'
import path from 'node:path'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { type LoopProgress, runLoop, savedLosses } from '../../../src-main/engine/runtime/loop.ts'
import type { StepMetrics, Trainer } from '../../../src-main/engine/runtime/train.ts'
import { openSafetensors, writeSafetensors } from '../../../src-main/engine/weights/safetensors.ts'
import { fromMemory } from '../../../src-main/engine/weights/tensors.ts'
import { temporaryFolder } from '../../helpers/pictures.ts'

/** A training that writes down what it is fed and answers with the losses given. */
function recorded(losses: readonly number[]) {
  const fed: unknown[] = []
  const left = [...losses]
  const trainer = {
    step: async (feeds: unknown, lr: number) => {
      fed.push([feeds, lr])
      return { loss: left.shift()! }
    },
  } as unknown as Trainer
  return { trainer, fed }
}
const batch = async (step: number, micro: number) => `${step}.${micro}` as unknown as Record<string, never>

test('the loss of a step is the mean of those of its micro-batches', async () => {
  const { trainer, fed } = recorded([1, 3, 8, 2, 4, 3])
  const told: number[][] = []
  const losses = await runLoop(
    { trainer, steps: 2, accumulate: 3, imagesPerStep: 6, schedule: (step) => 10 - step, batch },
    { onProgress: ({ step, loss, lr }) => told.push([step, loss, lr]) },
  )
  expect(losses).toEqual([4, 3])
  expect(told).toEqual([
    [1, 4, 10],
    [2, 3, 9],
  ])
  expect(fed).toEqual([
    ['0.0', 10],
    ['0.1', 10],
    ['0.2', 10],
    ['1.0', 9],
    ['1.1', 9],
    ['1.2', 9],
  ])
})

test('a step that another plan made is not made again', async () => {
  const { trainer, fed } = recorded([5])
  const losses = await runLoop({ trainer, steps: 3, from: 2, imagesPerStep: 1, schedule: () => 1, batch })
  expect([losses, fed]).toEqual([[5], [['2.0', 1]]])
})

test('a loss that is not a number ends it, naming the step', async () => {
  const { trainer } = recorded([1, NaN])
  await expect(runLoop({ trainer, steps: 3, imagesPerStep: 1, schedule: () => 1, batch })).rejects.toThrow('step 2')
})

test('it stops between two micro-batches, and asks for no batch after the last', async () => {
  const asked: string[] = []
  const plan = (trainer: Trainer) => ({
    trainer,
    steps: 2,
    accumulate: 2,
    imagesPerStep: 2,
    schedule: () => 1,
    batch: (step: number, micro: number) => {
      asked.push(`${step}.${micro}`)
      return batch(step, micro)
    },
  })
  await runLoop(plan(recorded([1, 1, 1, 1]).trainer))
  expect(asked).toEqual(['0.0', '0.1', '1.0', '1.1'])
  const { trainer, fed } = recorded([1, 1, 1, 1])
  await expect(runLoop(plan(trainer), { isCancelled: () => fed.length === 3 })).rejects.toThrow('cancelled')
  expect(fed).toHaveLength(3)
})

test('resumes from a state of its identity, also from one that an earlier version identified in another way', async () => {
  const file = path.join(temporaryFolder(), 'state.safetensors')
  const state = new Map([['w', Float32Array.of(1)]])
  const kept = (losses: number[]) => {
    const { trainer, fed } = recorded(losses)
    return { trainer: Object.assign(trainer, { snapshot: async () => new Map(state), restore: () => undefined }), fed }
  }
  const plan = (trainer: Trainer) => ({ trainer, steps: 2, imagesPerStep: 1, schedule: () => 1, batch })
  const saved = { file, everySeconds: 0, identity: 'of the places' }
  const { trainer: first, fed: begun } = kept([7])
  await expect(runLoop(plan(first), { resume: saved, isCancelled: () => begun.length === 1 })).rejects.toThrow('cancelled')
  const resumed = async (resume: { identity: string; formerly?: string }) => {
    const { trainer, fed } = kept([5, 5])
    return [await runLoop(plan(trainer), { resume: { file, everySeconds: 1000, ...resume } }), fed.length]
  }
  expect(await resumed({ identity: 'of the places' })).toEqual([[7, 5], 1])
  expect(await resumed({ identity: 'of the contents', formerly: 'of the places' })).toEqual([[7, 5], 1])
  expect(await resumed({ identity: 'of the contents' })).toEqual([[5, 5], 2])
  expect(await resumed({ identity: 'of the contents', formerly: 'of others' })).toEqual([[5, 5], 2])
})

describe('what is told', () => {
  afterEach(() => void vi.restoreAllMocks())

  test('is how fast the last thirty steps were, and how long the rest will take', async () => {
    let now = 0
    vi.spyOn(performance, 'now').mockImplementation(() => now)
    const told: LoopProgress[] = []
    // The first ten steps take two seconds each, the others half a second.
    const trainer = { step: async () => ((now += now < 20_000 ? 2000 : 500), { loss: 1 }) } as unknown as Trainer
    await runLoop({ trainer, steps: 40, imagesPerStep: 6, schedule: () => 0.5, batch }, { onProgress: (p) => told.push(p) })
    expect(told).toHaveLength(40)
    expect(told[0]).toEqual({ step: 1, steps: 40, loss: 1, lr: 0.5, imagesPerSecond: 3, secondsLeft: 78 })
    expect(told[9]).toMatchObject({ imagesPerSecond: 3, secondsLeft: 60 })
    expect(told[19]!.imagesPerSecond).toBeCloseTo((20 / 25) * 6)
    // Of the last 29 steps none is a slow one.
    expect(told[38]).toMatchObject({ step: 39, imagesPerSecond: 12, secondsLeft: 0.5 })
    expect(told[39]).toMatchObject({ step: 40, secondsLeft: 0 })
  })

  test('leaves out a night in which the machine slept, and a pause', async () => {
    let now = 0
    vi.spyOn(performance, 'now').mockImplementation(() => now)
    const told: LoopProgress[] = []
    const pauses = { total: 0 }
    let step = 0
    const trainer = {
      step: async () => {
        now += ++step === 5 ? 8 * 3600_000 : 1000
        if (step === 7) [now, pauses.total] = [now + 60_000, pauses.total + 60_000]
        return { loss: 1 }
      },
    } as unknown as Trainer
    const options = { onProgress: (p: LoopProgress) => void told.push(p), pauses: pauses as never }
    await runLoop({ trainer, steps: 10, imagesPerStep: 6, schedule: () => 0.5, batch }, options)
    for (const { imagesPerSecond } of told) expect(imagesPerSecond).toBe(6)
    expect(told[4]).toMatchObject({ secondsLeft: 5 })
  })

  test('after each step is its number, its mean loss and the other numbers of its last part', async () => {
    const parts = [
      { loss: 1, norm: 5 },
      { loss: 2, norm: 7 },
    ]
    const trainer = { step: async () => parts.shift()! } as unknown as Trainer
    const after: [number, StepMetrics][] = []
    await runLoop(
      { trainer, steps: 1, accumulate: 2, imagesPerStep: 1, schedule: () => 1, batch },
      { afterStep: async (step, metrics) => void after.push([step, metrics]) },
    )
    expect(after).toEqual([[1, { loss: 1.5, norm: 7 }]])
  })
})

test('losses are those of float32, so that a curve that was saved is the same', async () => {
  const { trainer } = recorded([0.1])
  expect(await runLoop({ trainer, steps: 1, imagesPerStep: 1, schedule: () => 1, batch })).toEqual([Math.fround(0.1)])
})

test('a batch that cannot be loaded ends it when its turn comes', async () => {
  const { trainer, fed } = recorded([1, 1, 1])
  const failing = (step: number, micro: number) => (step === 1 ? Promise.reject(new Error('no image')) : batch(step, micro))
  await expect(runLoop({ trainer, steps: 3, imagesPerStep: 1, schedule: () => 1, batch: failing })).rejects.toThrow('no image')
  expect(fed).toEqual([['0.0', 1]])
})

test('infinite losses end it too; nothing is asked for where no step is left', async () => {
  await expect(
    runLoop({ trainer: recorded([1, -Infinity]).trainer, steps: 2, imagesPerStep: 1, schedule: () => 1, batch }),
  ).rejects.toMatchObject({ fault: 'data', sentence: { params: { problem: { code: 'training.loss-diverged', params: { step: 2 } } } } })
  const asked = vi.fn(batch)
  expect(await runLoop({ trainer: recorded([]).trainer, steps: 2, from: 2, imagesPerStep: 1, schedule: () => 1, batch: asked })).toEqual([])
  expect(asked).not.toHaveBeenCalled()
})

describe('a state that is saved', () => {
  /** A training whose weight is the number of its steps. */
  function kept(losses: readonly number[]) {
    const { trainer, fed } = recorded(losses)
    const restored: unknown[] = []
    const own = Object.assign(trainer, {
      snapshot: async () => new Map([['w:a', Float32Array.of(fed.length)]]),
      restore: (state: Map<string, Float32Array>, steps: number) => restored.push([[...state], steps]),
    })
    return { trainer: own, fed, restored }
  }
  const plan = (trainer: Trainer, steps: number, more: object = {}) => ({
    trainer,
    steps,
    imagesPerStep: 1,
    schedule: () => 1,
    batch,
    ...more,
  })
  const fresh = () => ({ file: path.join(temporaryFolder(), 'state.safetensors'), everySeconds: 1e6, identity: 'mine' })

  test('when it is cancelled holds weights and losses, and is taken up', async () => {
    const resume = fresh()
    const first = kept([1, 0.1, 3])
    await expect(runLoop(plan(first.trainer, 3), { resume, isCancelled: () => first.fed.length === 2 })).rejects.toMatchObject({
      fault: 'cancelled',
    })
    expect(savedLosses(resume.file)).toEqual([1, Math.fround(0.1)])
    const saved = openSafetensors(resume.file)
    expect([saved.metadata['identity'], saved.metadata['format'], saved.float32('w:a')]).toEqual(['mine', 'dashi-run', Float32Array.of(2)])
    saved.close()
    const second = kept([4])
    expect(await runLoop(plan(second.trainer, 3), { resume })).toEqual([1, Math.fround(0.1), 4])
    expect(second.restored).toEqual([[[['w:a', Float32Array.of(2)]], 2]])
    expect(second.fed).toEqual([['2.0', 1]])
    // After steps of an earlier plan, which are counted but not saved.
    const third = kept([5])
    expect(await runLoop(plan(third.trainer, 8, { from: 5 }), { resume })).toEqual([1, Math.fround(0.1), 5])
    expect([third.restored, third.fed]).toEqual([[[[['w:a', Float32Array.of(2)]], 7]], [['7.0', 1]]])
  })

  test('within a step is none: the last whole one is kept', async () => {
    const resume = fresh()
    const { trainer, fed } = kept([1, 1, 1])
    const stopped = runLoop(plan(trainer, 2, { accumulate: 2 }), { resume, isCancelled: () => fed.length === 3 })
    await expect(stopped).rejects.toMatchObject({ fault: 'cancelled' })
    expect(fs.existsSync(resume.file)).toBe(false)
    expect(savedLosses(resume.file)).toEqual([])
  })

  test('from time to time is saved after so many seconds, counted from the last time', async () => {
    const resume = { ...fresh(), everySeconds: 10 }
    let now = 0
    vi.spyOn(Date, 'now').mockImplementation(() => now)
    const seen: number[][] = []
    const { trainer } = kept([1, 2, 3, 4, 5])
    const after = async () => {
      seen.push(savedLosses(resume.file))
      now += 5000
    }
    await runLoop(plan(trainer, 5), { resume, afterStep: after })
    vi.restoreAllMocks()
    expect(seen).toEqual([[], [], [1, 2], [1, 2], [1, 2, 3, 4]])
  })

  test('of another training, or that is something else, is not taken up', async () => {
    const resume = fresh()
    const first = kept([1])
    await expect(runLoop(plan(first.trainer, 3), { resume, isCancelled: () => first.fed.length === 1 })).rejects.toThrow()
    const second = kept([2])
    expect(await runLoop(plan(second.trainer, 1), { resume: { ...resume, identity: 'other' } })).toEqual([2])
    expect(second.restored).toEqual([])
    await writeSafetensors(resume.file, fromMemory(new Map([['losses', { shape: [1], data: Float32Array.of(9) }]])), { format: 'other' })
    expect(savedLosses(resume.file)).toEqual([])
  })
})
