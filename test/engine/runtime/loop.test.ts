/** The loop of a training: which batches it asks for, which rate each step gets, and what it calls the loss. */
import path from 'node:path'
import { expect, test } from 'vitest'
import { runLoop } from '../../../src-main/engine/runtime/loop.ts'
import type { Trainer } from '../../../src-main/engine/runtime/train.ts'
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
