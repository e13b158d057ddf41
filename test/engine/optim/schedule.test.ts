/** What an optimiser keeps, and how the learning rate goes with the steps. */
import { describe, expect, test } from 'vitest'
import { adamW, sgd } from '../../../src-main/engine/optim/optimizer.ts'
import { constant, warmupCosine } from '../../../src-main/engine/optim/schedule.ts'

describe('the learning rate', () => {
  test('rises to its height in the steps of the warm-up, then falls as half a cosine to nothing', () => {
    const at = warmupCosine({ lr: 2, warmup: 4, total: 12 })
    expect([0, 1, 3, 4].map(at)).toEqual([0.5, 1, 2, 2])
    expect(at(8)).toBeCloseTo(1, 12)
    expect(at(6)).toBeCloseTo(1 + Math.SQRT1_2, 12)
    expect(at(12)).toBeCloseTo(0, 12)
    for (let step = 4; step < 12; step++) expect(at(step + 1)).toBeLessThan(at(step))
  })
  test('without a warm-up begins at its height; with nothing but one it stays finite', () => {
    expect(warmupCosine({ lr: 3, warmup: 0, total: 10 })(0)).toBe(3)
    const only = warmupCosine({ lr: 3, warmup: 5, total: 5 })
    expect([only(4), only(5)]).toEqual([3, 3])
    expect(warmupCosine({ lr: 3, warmup: 5, total: 2 })(5)).toBe(3)
  })
  test('is that of wise-ft utils.py: base·(step + 1)/warmup, then ½(1 + cos(π·e/es))·base with e = step − warmup, es = total − warmup', () => {
    const at = warmupCosine({ lr: 8, warmup: 4, total: 8 })
    const down = [0, 1, 2, 3].map((e) => 4 * (1 + Math.cos((Math.PI * e) / 4)))
    ;[2, 4, 6, 8, ...down].forEach((rate, step) => expect(at(step), `step ${step}`).toBeCloseTo(rate, 12))
  })
  test('may be constant', () => expect([0, 99].map(constant(0.1))).toEqual([0.1, 0.1]))
})

describe('what an optimiser keeps and is fed', () => {
  test('AdamW: two moments, and three scalars with the corrections of the first steps', () => {
    expect([adamW().name, adamW().state]).toEqual(['adamw', ['m', 'v']])
    const { rate, eps, keep } = adamW({ beta1: 0.9, beta2: 0.99, eps: 1e-4, weightDecay: 0.1 }).scalars(0.5, 2)
    expect(rate).toBeCloseTo((0.5 * Math.sqrt(1 - 0.99 ** 2)) / (1 - 0.9 ** 2), 12)
    expect(eps).toBeCloseTo(1e-4 * Math.sqrt(1 - 0.99 ** 2), 12)
    expect(keep).toBeCloseTo(0.95, 12)
    const first = adamW().scalars(1, 1) // PyTorch's defaults: 0.9, 0.999, 1e-8, 0.01
    expect(first['rate']).toBeCloseTo(Math.sqrt(0.001) / 0.1, 9)
    expect([first['eps'], first['keep']]).toEqual([expect.closeTo(1e-8 * Math.sqrt(0.001), 15), 0.99])
  })
  test('SGD: a buffer where there is momentum, and the rate', () => {
    expect([sgd().name, sgd().state, sgd({ momentum: 0 }).state, sgd().scalars(0.3, 5)]).toEqual(['sgd', ['b'], [], { rate: 0.3 }])
  })
})
