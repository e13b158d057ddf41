/** Orders, ties and limits of the metrics, and what they refuse. */
import { describe, expect, test } from 'vitest'
import { worstClass } from '../../../src-main/engine/metrics/accuracy.ts'
import { bootstrapMean, pairedBootstrap } from '../../../src-main/engine/metrics/bootstrap.ts'
import { nll, reliabilityBins } from '../../../src-main/engine/metrics/calibration.ts'
import { compareOutcomes } from '../../../src-main/engine/metrics/compare.ts'
import { averagePrecisionAt, detectionScores, type Detection, type Truth } from '../../../src-main/engine/metrics/detection.ts'
import { holm } from '../../../src-main/engine/metrics/holm.ts'
import { argmaxRows, checkPredictions, outcomes, softmaxRows } from '../../../src-main/engine/metrics/predictions.ts'
import { averagePrecision } from '../../../src-main/engine/metrics/ranking.ts'
import { recallAtK } from '../../../src-main/engine/metrics/retrieval.ts'
import { fitTemperature } from '../../../src-main/engine/metrics/temperature.ts'

describe('predictions', () => {
  const p = (classes: number, labels: number[], logits: number[]) => ({
    classes,
    labels: Int32Array.from(labels),
    logits: Float32Array.from(logits),
  })
  test.each<[string, Parameters<typeof p>, string]>([
    ['no class', [0, [], []], 'classes'],
    ['half a class', [1.5, [0, 0], [1, 2, 3]], 'classes'],
    ['a row too few', [2, [0, 1], [1, 2]], 'logits'],
    ['a row too many', [2, [0], [1, 2, 3, 4]], 'logits'],
    ['a class below the first', [2, [-1], [1, 2]], 'labels: example 0'],
    ['a class above the last', [2, [1, 2], [1, 2, 3, 4]], 'labels: example 1'],
    ['a first number that is none', [2, [0, 1], [NaN, 2, 3, 4]], 'logits: example 0'],
    ['an infinity', [2, [0, 1, 0], [1, 2, 3, 4, 5, -Infinity]], 'logits: example 2'],
  ])('with %s are refused by their field', (_, given, field) => {
    expect(() => checkPredictions(p(...given))).toThrow(RangeError)
    expect(() => checkPredictions(p(...given))).toThrow(`predictions: ${field}: `)
  })
  test('of one class, or of no example, are sound', () => {
    expect(() => checkPredictions(p(1, [0, 0], [5, -5]))).not.toThrow()
    expect(() => checkPredictions(p(3, [], []))).not.toThrow()
  })
  test('the first of equal classes is predicted', () => {
    expect([...argmaxRows([1, 1, 0, /**/ 0, 2, 2, /**/ 3, 1, 3], 3)]).toEqual([0, 1, 0])
    expect([...outcomes(p(2, [0, 1, 1], [1, 1, 0, 1, 2, 1]))]).toEqual([1, 1, 0])
  })
  test('probabilities sum to 1 in each row, however large the logits', () => {
    const rows = softmaxRows([1000, 1000, /**/ 0, Math.log(3), /**/ -1e4, 0], 2)
    expect([...rows].map((x) => Math.round(x * 1e12) / 1e12)).toEqual([0.5, 0.5, 0.25, 0.75, 0, 1])
    expect([...softmaxRows([0, Math.log(3)], 2, 2)].map((x) => Math.round(x * 1e12) / 1e12)).toEqual([0.1, 0.9])
    expect(nll(p(2, [1], [0, Math.log(3)]), 2)).toBeCloseTo(-Math.log(0.9), 6)
    expect(nll(p(2, [0, 1], [1000, 0, 1000, 0]))).toBeCloseTo(500, 6)
  })
  test('bins take a confidence at their upper end', () => {
    const bins = reliabilityBins(p(2, [0, 1, 0], [0, 0, /**/ 0, 0, /**/ 0, 1]), 4)
    expect(bins.map((b) => [b.low, b.high, b.n, b.accuracy])).toEqual([
      [0, 0.25, 0, 0],
      [0.25, 0.5, 2, 0.5],
      [0.5, 0.75, 1, 0],
      [0.75, 1, 0, 0],
    ])
  })
})

describe('one of several', () => {
  test('the worst class: the rarer of equal ones only if it comes first with as many examples', () => {
    const of = (...pairs: [number, number][]) => worstClass(pairs.map(([correct, n]) => ({ correct, n, interval: [0, 1] })))
    expect([of([1, 2], [1, 2]), of([1, 2], [2, 4], [4, 8]), of([4, 8], [2, 4]), of([0, 0], [1, 1])]).toEqual([0, 2, 0, 1])
  })
  test('recall needs whole rows; a query that wants nothing is a miss', () => {
    expect(() => recallAtK([1, 2, 3], [[0], [0]], [1])).toThrow(RangeError)
    expect(recallAtK([1, 2, 3, 4], [[], [1]], [1, 99])).toEqual([0.5, 0.5])
    expect(recallAtK([0.5, 0.9, 0.9], [[0, 2]], [1, 2])).toEqual([0, 1]) // the best of what is wanted, and a tie before it
  })
  test('average precision takes equal scores as one step, at the end too', () => {
    expect(averagePrecision([0.5, 0.5, 0.5, 0.5], [1, 0, 0, 1])).toBeCloseTo(0.5, 12)
    expect(averagePrecision([0.9, 0.5, 0.5, 0.1], [1, 1, 0, 1])).toBeCloseTo((1 + 2 / 3 + 3 / 4) / 3, 12)
    expect(averagePrecision([0.9], [0])).toBeNaN()
  })
  test('Holm’s p-values come in the order of the given ones, none above 1, none below one that is smaller', () => {
    expect([...holm([0.04, 0.01, 0.03])].map((x) => Math.round(x * 1e9) / 1e9)).toEqual([0.06, 0.03, 0.06])
    expect([...holm([0.9, 0.8, 0.01])].map((x) => Math.round(x * 1e9) / 1e9)).toEqual([1, 1, 0.03])
    expect([...holm([])]).toEqual([])
    expect(holm([0.01, 0.01])).toEqual([0.02, 0.02])
  })
})

describe('resampling', () => {
  const values = Array.from({ length: 40 }, (_, i) => Number(i % 4 === 0))
  test('is by default of 2,000 samples, seed 0, and covers 95 in a hundred', () => {
    expect(bootstrapMean(values)).toEqual(bootstrapMean(values, { seed: 0, resamples: 2000, level: 0.95 }))
    const uneven = Array.from({ length: 40 }, (_, i) => Math.sin(i))
    expect(bootstrapMean(uneven)).toEqual(bootstrapMean(uneven, { seed: 0, resamples: 2000, level: 0.95 }))
    expect(bootstrapMean(uneven)).not.toEqual(bootstrapMean(uneven, { resamples: 1999 }))
    const [wide, narrow] = [bootstrapMean(values, { level: 0.99 }), bootstrapMean(values, { level: 0.5 })]
    expect([wide[0] < narrow[0], narrow[1] < wide[1], narrow[0] < 0.25, narrow[1] > 0.25]).toEqual([true, true, true, true])
  })
  test('of one sample is that sample, of equal values they are the interval', () => {
    const [low, high] = bootstrapMean(values, { resamples: 1 })
    expect(low).toBe(high)
    expect(bootstrapMean([3, 3, 3])).toEqual([3, 3])
    const [a, b] = bootstrapMean([0, 1], { resamples: 2, level: 1 })
    expect([a <= b, [0, 0.5, 1].includes(a), [0, 0.5, 1].includes(b)]).toEqual([true, true, true])
  })
  test('needs a value, and the same examples on both sides', () => {
    expect(() => bootstrapMean([])).toThrow(RangeError)
    expect(() => pairedBootstrap([1, 0], [1])).toThrow('2 and 1')
    expect(pairedBootstrap([1, 1, 1], [0, 0, 0])).toEqual([1, 1])
    expect(compareOutcomes([1, 1], [0, 1], { resamples: 100 })).toMatchObject({ n: 2, difference: 0.5, gained: [0], lost: [] })
  })
})

describe('boxes', () => {
  const at = (x: number, w = 10) => ({ x, y: 0, w, h: 10 })
  const found = (x: number, score: number): Detection => ({ label: 0, score, box: at(x) })
  const truth = (x: number, crowd?: boolean): Truth => ({ label: 0, box: at(x), crowd })
  test('a box is matched with what it overlaps most, and a crowd only with what is left', () => {
    const two = [{ detections: [found(1, 0.9), found(4, 0.8)], truth: [truth(4), truth(0)] }]
    expect(averagePrecisionAt(two, 0, 0.5)).toBeCloseTo(1, 9)
    for (const order of [
      [truth(0, true), truth(0)],
      [truth(0), truth(0, true)],
    ])
      expect(averagePrecisionAt([{ detections: [found(0, 0.9), found(0, 0.8)], truth: order }], 0, 0.5)).toBeCloseTo(1, 9)
  })
  test('a box within a crowd counts by how much of it lies there, however large the crowd is', () => {
    const crowd: Truth = { label: 0, box: at(0, 1000), crowd: true }
    const ap = (x: number) => averagePrecisionAt([{ detections: [found(x, 0.9), found(2000, 0.5)], truth: [crowd, truth(2000)] }], 0, 0.5)
    expect([ap(500), ap(995)].map((v) => Math.round(v * 1e6) / 1e6)).toEqual([1, 1])
    expect(ap(996)).toBeCloseTo(0.5, 6) // four tenths of it
  })
  test('a hundred detections of an image count, the best ones', () => {
    const wrong = Array.from({ length: 100 }, (_, i) => found(1000 + 20 * i, 0.9))
    const ap = (score: number, before: number) =>
      averagePrecisionAt([{ detections: [...wrong.slice(0, before), found(0, score)], truth: [truth(0)] }], 0, 0.5)
    expect(ap(0.5, 99)).toBeCloseTo(0.01, 9)
    expect(ap(0.5, 100)).toBe(0)
    expect(ap(0.95, 100)).toBeCloseTo(1, 9)
  })
  test('ten thresholds from 0.50 to 0.95: an overlap of 0.95 is enough for all', () => {
    const overlap = (w: number) =>
      detectionScores([{ detections: [{ label: 0, score: 1, box: at(0, w) }], truth: [{ label: 0, box: at(0, 100) }] }], 1).ap
    expect([100, 95, 94, 90, 89, 50, 49].map((w) => Math.round(overlap(w) * 10))).toEqual([10, 10, 9, 9, 8, 1, 0])
  })
  test('without a box of any class there is no score', () => {
    const none = detectionScores([{ detections: [found(0, 0.9)], truth: [] }], 1)
    expect([none.ap, none.ap50, none.ap75, none.perClass]).toEqual([NaN, NaN, NaN, [null]])
  })
})

describe('the temperature', () => {
  const fit = (margins: number[]) =>
    fitTemperature({ classes: 2, labels: new Int32Array(margins.length), logits: Float32Array.from(margins.flatMap((m) => [m, 0])) })
  test('is where the likelihood is greatest: of answers right in three of four, the odds are three to one', () => {
    for (const margin of [0.05, 1, 4, 60]) {
      const { temperature, atBound } = fit([margin, margin, margin, -margin])
      expect([atBound, Math.abs(temperature / (margin / Math.log(3)) - 1) < 1e-6]).toEqual([false, true])
    }
  })
  test('has its limits at 1/100 and 100, where the likelihood still rises', () => {
    expect(fit([1, 1])).toMatchObject({ temperature: 0.01, atBound: true })
    expect(fit([1, -1])).toMatchObject({ temperature: 100, atBound: true })
    expect(fit([-1, -1])).toMatchObject({ temperature: 100, atBound: true })
    expect(fit([1, 1]).nll).toBeCloseTo(0, 9)
    expect(fit([0, 0])).toMatchObject({ atBound: true, nll: Math.LN2 })
  })
})
