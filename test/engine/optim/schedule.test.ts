import { expect, test } from 'vitest'
import { constant, warmupCosine } from '../../../src-main/engine/optim/schedule.ts'

/** wise-ft utils.py: base_lr·(step + 1)/warmup, then ½(1 + cos(π·e/es))·base_lr with e = step − warmup, es = total − warmup. */
test('warms up to the peak, which is reached at the last step of the warm-up and kept at the next, and then falls to nothing', () => {
  const at = warmupCosine({ lr: 8, warmup: 4, total: 8 })
  const down = [0, 1, 2, 3].map((e) => 4 * (1 + Math.cos((Math.PI * e) / 4)))
  ;[2, 4, 6, 8, ...down].forEach((rate, step) => expect(at(step), `step ${step}`).toBeCloseTo(rate, 12))
  expect(at(8)).toBeCloseTo(0, 12)
})

test('without a warm-up the first step has the peak', () => expect(warmupCosine({ lr: 3, warmup: 0, total: 5 })(0)).toBe(3))

test('all of it may be a warm-up', () => expect([0, 1, 2].map(warmupCosine({ lr: 2, warmup: 2, total: 2 }))).toEqual([1, 2, 2]))

test('constant is', () => expect([0, 7].map(constant(3))).toEqual([3, 3]))
