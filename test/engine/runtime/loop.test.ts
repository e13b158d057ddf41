/** The loop of a training: which batches it asks for, which rate each step gets, and what it calls the loss. */
import { expect, test } from 'vitest'
import { runLoop } from '../../../src-main/engine/runtime/loop.ts'
import type { Trainer } from '../../../src-main/engine/runtime/train.ts'

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
