import { expect, test } from 'vitest'
import { probeSeconds, standIns } from '../../../src-main/engine/jobs/probe-seconds.ts'

const times = (n: number, at: (share: number) => number) => Array.from({ length: n }, (_, i) => at(i / (n - 1)))
const sum = (xs: readonly number[]) => xs.reduce((a, b) => a + b, 0)

test('a probe’s time follows from a few fits, if it grows evenly', () => {
  const even = (share: number) => 1 + 3 * share
  expect(probeSeconds(times(7, even), 0, 28)).toBeCloseTo(sum(times(28, even)), 9)
  expect(probeSeconds(times(7, even), 0, 7)).toBeCloseTo(sum(times(7, even)), 9)
})

test('it is near it if the fits become longer until the iterations reach their limit', () => {
  const grows = (share: number) => Math.min(3, 0.05 * Math.exp(8 * share))
  const ratio = probeSeconds(times(7, grows), 0, 28) / sum(times(28, grows))
  expect(ratio).toBeGreaterThan(0.9)
  expect(ratio).toBeLessThan(1.1)
})

test('fits that were not made last as long as the last one', () => {
  expect(probeSeconds([1, 2], 2, 4)).toBe(7)
  expect(probeSeconds([2], 0, 1)).toBe(2)
})

test('images of a sample stand for those of their own class, each for as many', () => {
  expect(standIns([0, 1, 0, 1, 0, 2], [1, 0, 0])).toEqual([1, 0, 2, 0, 1, 2])
})
