/** Long curves: what is drawn of them, and at what cost. */
import { describe, expect, test } from 'vitest'
import { decades, indexOf, nearest, perPixel, smoothed } from '../../src-renderer/curve-data.ts'
import { bestEpoch, extendedBy } from '../../src-renderer/run-curve.ts'

const steps = (n: number) => Float64Array.from({ length: n }, (_, i) => i + 1)

describe('what can be told apart', () => {
  test('is the lowest and the highest point of each column of pixels, so that a single spike among 100,000 steps is seen', () => {
    const x = steps(100_000)
    const y = x.map((v) => Math.sin(v / 1000))
    y[77_777] = 50
    const points = perPixel(x, y, 0, 100_000, 600)
    expect(points.length).toBeLessThanOrEqual(2 * 601)
    expect(points).toContainEqual({ x: 77_778, y: 50 })
    expect(points.every((p, i) => i === 0 || p.x > points[i - 1]!.x)).toBe(true)
  })
  test('is every point of a short stretch, and one beyond each end', () => {
    expect(perPixel(steps(100_000), steps(100_000), 500, 503, 600).map((p) => p.x)).toEqual([499, 500, 501, 502, 503])
  })
  test('missing values leave no point, and a column of them none', () => {
    const y = steps(10_000).map((v) => (v > 4000 && v < 6000 ? NaN : v))
    expect(perPixel(steps(10_000), y, 0, 10_000, 100).some((p) => Number.isNaN(p.y) || (p.x > 4000 && p.x < 6000))).toBe(false)
  })
  test('a long curve costs a drawing no more points than a short one', () => {
    const count = (n: number) => perPixel(steps(n), steps(n), 0, n, 300).length
    expect([count(2000), count(100_000)].every((n) => n <= 2 * 301)).toBe(true)
  })
})

test('the average is that of TensorBoard: without a bias towards zero at the start, over what is there', () => {
  expect([...smoothed([4, 4, 4], 0.9)].map((v) => Number(v.toFixed(9)))).toEqual([4, 4, 4])
  const even = smoothed([1, NaN, 3], 0.5)
  expect([even[0], Number.isNaN(even[1]), even[2]]).toEqual([1, true, (0.5 * 0.5 * 1 + 0.5 * 3) / 0.75])
  expect([...smoothed([1, 5], 0)]).toEqual([1, 5])
})

test('the step under the pointer has the closest value that is there', () => {
  const [x, y] = [
    [1, 2, 3, 10],
    [5, NaN, 7, 8],
  ]
  expect([nearest(x, y, 2), nearest(x, y, 6), nearest(x, y, Infinity), nearest([], [], 1)]).toEqual([
    { x: 1, y: 5 },
    { x: 3, y: 7 },
    { x: 10, y: 8 },
    null,
  ])
  expect(indexOf([1, 2, 4], 3)).toBe(2)
})

test('a logarithmic axis has a few round ticks', () => {
  expect(decades(0.4, 3)).toEqual([0.5, 1, 2])
  expect(decades(1e-8, 1).length).toBeLessThanOrEqual(6)
})

test('the best epoch is the first of the highest accuracy, or of the lowest loss', () => {
  const epoch = (metric: 'accuracy' | 'loss', ...values: number[]) =>
    bestEpoch(values.map((value, i) => ({ epoch: i + 1, metric, value, step: i })))
  expect([epoch('accuracy', 0.4, 0.6, 0.6)?.epoch, epoch('loss', 3, 1, 2)?.epoch, epoch('loss')?.epoch]).toEqual([2, 2, undefined])
})

test('a curve grows in place: 20,000 steps, none lost, earlier views unchanged', () => {
  let curve: ReturnType<typeof extendedBy> | undefined
  let early: ReturnType<typeof extendedBy> | undefined
  for (let step = 1; step <= 20_000; step++) {
    curve = extendedBy(curve, { runId: 'r', phase: 'training', step, steps: 20_000, loss: step })
    if (step === 100) early = curve
  }
  expect([curve!.step.length, curve!.columns.loss.at(-1), early!.step.length, early!.step.at(-1)]).toEqual([20_000, 20_000, 100, 100])
})
