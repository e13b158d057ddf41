/** Calibration bins at their edges, by hand. */
import { expect, test } from 'vitest'
import { ece, nll, reliabilityBins } from '../../../src-main/engine/metrics/calibration.ts'
import { argmaxRows, outcomes } from '../../../src-main/engine/metrics/predictions.ts'

/** Two classes; the likeliest, always class 0, has these probabilities. */
const predictions = (probabilities: readonly number[], labels: readonly number[]) => ({
  classes: 2,
  labels: Int32Array.from(labels),
  logits: Float32Array.from(probabilities.flatMap((p) => [p === 1 ? 1000 : Math.log(p / (1 - p)), 0])),
})

test('a confidence on the edge of two bins is in the lower one: bins are (low, high]', () => {
  const bins = reliabilityBins(predictions([0.5, 0.5, 1], [0, 1, 0]), 4)
  expect(bins.map((b) => [b.low, b.high, b.n])).toEqual([
    [0, 0.25, 0],
    [0.25, 0.5, 2],
    [0.5, 0.75, 0],
    [0.75, 1, 1],
  ])
  expect(bins[1]).toMatchObject({ confidence: 0.5, accuracy: 0.5 })
  expect(bins[0]).toMatchObject({ confidence: 0, accuracy: 0 })
  expect(bins[3]).toMatchObject({ confidence: 1, accuracy: 1 })
})

test('the error weighs each bin by its examples', () => {
  // Three at 0.5, all right: off by 0.5; one at 1, wrong: off by 1.
  expect(ece(reliabilityBins(predictions([0.5, 0.5, 0.5, 1], [0, 0, 0, 1]), 2))).toBeCloseTo((3 * 0.5 + 1) / 4, 12)
  expect(ece(reliabilityBins(predictions([0.5, 0.5], [0, 1]), 2))).toBe(0)
})

test('there are 15 bins by default, and a scale sharpens', () => {
  const p = predictions([0.79], [0])
  expect(reliabilityBins(p)).toHaveLength(15)
  expect(reliabilityBins(p, 10).findIndex((b) => b.n)).toBe(7)
  expect(reliabilityBins(p, 10, 2).findIndex((b) => b.n)).toBe(9)
  expect(nll(p)).toBeCloseTo(-Math.log(0.79), 6)
  expect(nll(predictions([0.8, 0.8], [0, 1]))).toBeCloseTo(-(Math.log(0.8) + Math.log(0.2)) / 2, 6)
})

test('of equal logits the first class is the answer', () => {
  expect([...argmaxRows([1, 1, 0, 2, 2, 2, 0, 3, 3], 3)]).toEqual([0, 0, 1])
  expect([...outcomes({ classes: 2, labels: Int32Array.of(0, 1), logits: Float32Array.of(5, 5, 5, 5) })]).toEqual([1, 0])
})
