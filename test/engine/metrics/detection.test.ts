/** Average precision of boxes by hand, and accuracies by class. */
import { describe, expect, test } from 'vitest'
import { accuracy, confusion, meanPerClass, perClassAccuracy, worstClass } from '../../../src-main/engine/metrics/accuracy.ts'
import { averagePrecisionAt, detectionScores, type DetectionImage } from '../../../src-main/engine/metrics/detection.ts'
import { averagePrecision } from '../../../src-main/engine/metrics/ranking.ts'
import { recallAtK } from '../../../src-main/engine/metrics/retrieval.ts'
import { wilson } from '../../../src-main/engine/metrics/wilson.ts'

const answers = (labels: number[], given: number[], classes: number) => ({
  classes,
  labels: Int32Array.from(labels),
  logits: Float32Array.from(given.flatMap((g) => Array.from({ length: classes }, (_, c) => (c === g ? 1 : 0)))),
})

test('accuracies: over all, by class, and the worst', () => {
  const p = answers([0, 0, 0, 1, 1, 2], [0, 0, 1, 1, 0, 0], 4)
  expect(accuracy(p)).toBeCloseTo(0.5)
  const classes = perClassAccuracy(p)
  expect(classes.map((c) => [c.correct, c.n])).toEqual([
    [2, 3],
    [1, 2],
    [0, 1],
    [0, 0],
  ])
  expect(classes[0]!.interval).toEqual(wilson(2, 3))
  expect(meanPerClass(classes)).toBeCloseTo((2 / 3 + 1 / 2 + 0) / 3, 12)
  expect(worstClass(classes)).toBe(2)
  const of = (...pairs: [number, number][]) => pairs.map(([correct, n]) => ({ correct, n, interval: wilson(correct, n) }))
  expect(worstClass(of([1, 2], [2, 4], [1, 1]))).toBe(1) // as bad as the first, and more is known of it
  expect([worstClass(of([2, 4], [1, 2])), worstClass(of([0, 0])), worstClass([])]).toEqual([0, null, null])
  expect(meanPerClass(of([0, 0]))).toBeNaN()
  expect([...confusion(p)]).toEqual([2, 1, 0, 0, 1, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0])
})

test('ranking: precision at each relevant position', () => {
  expect(averagePrecision([0.9, 0.8, 0.7, 0.6], [1, 0, 1, 0])).toBeCloseTo((1 + 2 / 3) / 2, 12)
  expect(averagePrecision([0.1, 0.9], [true, false])).toBeCloseTo(0.5, 12)
  expect(recallAtK([0.9, 0.1, 0.5, 0.2, 0.3, 0.4], [[0], [0]], [1, 2, 3])).toEqual([0.5, 0.5, 1])
})

test('Wilson’s interval at its ends', () => {
  expect(wilson(0, 10)[0]).toBe(0)
  expect(wilson(10, 10)[1]).toBe(1)
  expect(wilson(0, 0)).toEqual([0, 1])
  expect(wilson(5, 10)[0]).toBeCloseTo(1 - wilson(5, 10)[1], 12)
})

describe('boxes', () => {
  const box = (x: number, w = 10) => ({ x, y: 0, w, h: 10 })
  const found = (x: number, score: number, label = 0, w = 10) => ({ label, score, box: box(x, w) })
  const truth = (x: number, label = 0) => ({ label, box: box(x) })
  const image = (detections: DetectionImage['detections'], truth: DetectionImage['truth']): DetectionImage => ({ detections, truth })

  test('one that is found twice is found once', () => {
    const twice = [image([found(0, 0.9), found(0, 0.8)], [truth(0), truth(50)])]
    // Precision 1 up to recall 1/2, then nothing: 51 of COCO's 101 places.
    expect(averagePrecisionAt(twice, 0, 0.5)).toBeCloseTo(51 / 101, 9)
  })
  test('all found is 1, none 0; another class is none', () => {
    expect(averagePrecisionAt([image([found(0, 0.9)], [truth(0)])], 0, 0.5)).toBeCloseTo(1, 9)
    expect(averagePrecisionAt([image([found(50, 0.9)], [truth(0)])], 0, 0.5)).toBe(0)
    expect(averagePrecisionAt([image([found(0, 0.9, 1)], [truth(0)])], 0, 0.5)).toBe(0)
  })
  test('an overlap of just the threshold is enough', () => {
    // 10 × 10 against 5 × 10 within it: IoU 1/2.
    expect(averagePrecisionAt([image([found(0, 0.9, 0, 5)], [truth(0)])], 0, 0.5)).toBeCloseTo(1, 9)
    expect(averagePrecisionAt([image([found(0, 0.9, 0, 5)], [truth(0)])], 0, 0.55)).toBe(0)
  })
  test('what falls into a crowd counts neither for nor against', () => {
    const crowded = [image([found(0, 0.9), found(50, 0.95)], [truth(0), { ...truth(50), crowd: true }])]
    expect(averagePrecisionAt(crowded, 0, 0.5)).toBeCloseTo(1, 9)
    expect(averagePrecisionAt([image([found(50, 0.95)], [{ ...truth(50), crowd: true }])], 0, 0.5)).toBeNaN()
  })
  test('a class without boxes has no score, and does not lower the mean', () => {
    const scores = detectionScores([image([found(0, 0.9), found(20, 0.9, 1, 10)], [truth(0)])], 2)
    expect([scores.perClass[0], scores.perClass[1], scores.ap50, scores.ap75]).toEqual([
      expect.closeTo(1, 9),
      null,
      expect.closeTo(1, 9),
      expect.closeTo(1, 9),
    ])
    // IoU 0.7: found at 0.50 to 0.70, five of the ten thresholds.
    const part = detectionScores([image([found(0, 0.9, 0, 7)], [truth(0)])], 1)
    expect([part.ap, part.ap50, part.ap75].map((v) => Math.round(v * 1e9) / 1e9)).toEqual([0.5, 1, 0])
  })
  test('a wrong one before the right one halves the precision, whichever image it is on', () => {
    const before = [image([found(50, 0.9)], []), image([found(0, 0.8)], [truth(0)])]
    const after = [image([found(50, 0.7)], []), image([found(0, 0.8)], [truth(0)])]
    expect([averagePrecisionAt(before, 0, 0.5), averagePrecisionAt(after, 0, 0.5)].map((v) => Math.round(v * 1e6) / 1e6)).toEqual([0.5, 1])
    expect(detectionScores(after, 1)).toMatchObject({ ap: expect.closeTo(1, 9) as number })
  })
})
