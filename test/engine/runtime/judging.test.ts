/** When an epoch is measured, which is the best, and when there is no use in going on. */
import { describe, expect, test } from 'vitest'
import { Judging, type JudgingOptions } from '../../../src-main/engine/runtime/judging.ts'

/** After epochs of four steps with these measurements. */
async function judged(values: readonly number[], options: Partial<JudgingOptions> = {}) {
  let epoch = 0
  const measure = async () => values[epoch++]!
  const judging = new Judging({ perEpoch: 4, better: 'higher', keeps: true, patience: 0, minDelta: 0, measure, ...options })
  for (let i = 1; i <= values.length; i++) await judging.after(4 * i, async () => new Map([['epoch', Float32Array.of(i)]]))
  return judging
}
const kept = ({ weights }: Judging) => weights?.get('epoch')?.[0]

test('an epoch is measured once, after its last step', async () => {
  let measured = 0
  const judging = new Judging({
    ...{ perEpoch: 4, better: 'higher', keeps: false, patience: 0, minDelta: 0 },
    measure: async () => ++measured,
  })
  const weights = async () => new Map<string, Float32Array>()
  for (const steps of [1, 3]) expect(await judging.after(steps, weights)).toBeUndefined()
  expect(await judging.after(4, weights)).toEqual({ epoch: 1, value: 1 })
  expect(await judging.after(4, weights)).toBeUndefined()
  expect(await judging.after(8, weights)).toEqual({ epoch: 2, value: 2 })
  expect(judging.weights).toBeUndefined()
})

describe.each([
  ['higher', [1, 3, 3, 2]],
  ['lower', [3, 1, 1, 2]],
] as const)('where %s is better', (better, values) => {
  test('the first of equal epochs is the best, and its weights are kept', async () => {
    const judging = await judged(values, { better })
    expect(judging.best).toEqual({ epoch: 2, value: values[1] })
    expect(kept(judging)).toBe(2)
  })
  test('an epoch that is only as good as the best uses up patience', async () => {
    expect((await judged(values.slice(0, 3), { better, patience: 1 })).over).toBe(true)
    expect((await judged(values.slice(0, 3), { better, patience: 2 })).over).toBe(false)
    expect((await judged(values, { better, patience: 2 })).over).toBe(true)
  })
  test('without patience it is never over', async () => expect((await judged(values, { better })).over).toBe(false))
})

test('less than the least improvement uses up patience, but is the best all the same', async () => {
  const judging = await judged([0.5, 0.55, 0.6], { patience: 2, minDelta: 0.2 })
  expect([judging.over, judging.best!.epoch]).toEqual([true, 3])
  expect((await judged([0.5, 0.55, 0.8], { patience: 2, minDelta: 0.2 })).over).toBe(false)
})
