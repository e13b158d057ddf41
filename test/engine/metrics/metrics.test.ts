import fs from 'node:fs'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { evaluationSchema } from '#shared/model/evaluation.ts'
import type { Box } from '#shared/model/shape.ts'
import { confusion, perClassAccuracy, worstClass } from '../../../src-main/engine/metrics/accuracy.ts'
import { bootstrapMean, pairedBootstrap } from '../../../src-main/engine/metrics/bootstrap.ts'
import { compareOutcomes } from '../../../src-main/engine/metrics/compare.ts'
import { detectionScores } from '../../../src-main/engine/metrics/detection.ts'
import { evaluatePredictions } from '../../../src-main/engine/metrics/evaluate.ts'
import { holm } from '../../../src-main/engine/metrics/holm.ts'
import { boxIouMatrix } from '../../../src-main/engine/metrics/iou.ts'
import { erfc, exactMcNemar, mcnemar } from '../../../src-main/engine/metrics/mcnemar.ts'
import type { Predictions } from '../../../src-main/engine/metrics/predictions.ts'
import { averagePrecision } from '../../../src-main/engine/metrics/ranking.ts'
import { recallAtK } from '../../../src-main/engine/metrics/retrieval.ts'
import { fitTemperature } from '../../../src-main/engine/metrics/temperature.ts'
import { wilson } from '../../../src-main/engine/metrics/wilson.ts'
import { decode, floats, golden, ints, type GoldenTensor } from '../../helpers/golden.ts'

interface Golden {
  classification: { logits: GoldenTensor; labels: GoldenTensor; accuracy: number; meanPerClass: number; nll: number; ece: number }[]
  wilson: { k: number; n: number; low: number; high: number }[]
  bootstrap: { values: GoldenTensor; paired: GoldenTensor; low: number; high: number; differenceLow: number; differenceHigh: number }
  mcnemar: { b: number; c: number; p: number }[]
  averagePrecision: { scores: GoldenTensor; truth: GoldenTensor; averagePrecision: number }[]
  iou: { a: GoldenTensor; b: GoldenTensor; box: GoldenTensor }
}
const reference = golden<Golden>('metrics.json')

interface Coco {
  images: number
  classes: number
  truth: { image_id: number; category_id: number; bbox: number[]; iscrowd: 0 | 1 }[]
  detections: { image_id: number; category_id: number; bbox: number[]; score: number }[]
  ap: number
  ap50: number
  ap75: number
  perClass: (number | null)[]
}
interface Own {
  temperature: { classes: number; labels: number[]; logits: number[]; temperature: number; nll: number; confusion: number[] }[]
  chi2: { b: number; c: number; p: number }[]
  holm: { p: number[]; adjusted: number[] }[]
  coco: Coco[]
}
const own = JSON.parse(fs.readFileSync(new URL('../../parity/metrics/golden.json', import.meta.url), 'utf8')) as Own

const box = (b: ArrayLike<number>): Box => ({ x: b[0]!, y: b[1]!, w: b[2]!, h: b[3]! })

/** Predictions that give `answers[i]` for an example of class `labels[i]`, with the given margin of the logit. */
const answering = (classes: number, labels: number[], answers: number[], margin = 2): Predictions => {
  const logits = new Float32Array(labels.length * classes)
  answers.forEach((c, i) => (logits[i * classes + c] = margin))
  return { classes, labels: Int32Array.from(labels), logits }
}

describe('classification', () => {
  test.each(reference.classification)('accuracy $accuracy, NLL and ECE as scikit-learn has them', (g) => {
    const found = evaluatePredictions({ classes: g.logits.shape[1]!, labels: ints(g.labels), logits: floats(g.logits) })
    expect(found.accuracy).toBeCloseTo(g.accuracy, 12)
    expect(found.metrics['meanPerClass']).toBeCloseTo(g.meanPerClass, 12)
    expect(found.metrics['nll']).toBeCloseTo(g.nll, 9)
    expect(found.metrics['ece']).toBeCloseTo(g.ece, 9)
    expect(evaluationSchema.parse(JSON.parse(JSON.stringify(found)))).toEqual(found)
  })

  test('an evaluation that was kept before metrics were records still opens', () => {
    const { metrics, ...now } = evaluatePredictions(answering(2, [0, 1, 1], [0, 1, 0]))
    const former = { ...now, meanPerClass: metrics['meanPerClass'], nll: metrics['nll'], ece: metrics['ece'] }
    expect(evaluationSchema.parse(former)).toEqual({ ...now, metrics: expect.objectContaining({ accuracy: 2 / 3, meanPerClass: 0.75 }) })
    expect(evaluationSchema.safeParse({ ...former, nll: 'none' }).success).toBe(false)
  })

  test.each(own.temperature)('temperature $temperature as SciPy finds it', (g) => {
    const p = { classes: g.classes, labels: Int32Array.from(g.labels), logits: Float32Array.from(g.logits) }
    const fit = fitTemperature(p)
    expect(fit.nll).toBeCloseTo(g.nll, 10)
    expect(fit.temperature / g.temperature).toBeCloseTo(1, 6)
    expect(fit.atBound).toBe(false)
    expect([...confusion(p)]).toEqual(g.confusion)
  })

  test('a model that is always right, or always wrong, has no best temperature', () => {
    expect(fitTemperature(answering(3, [0, 1, 2], [0, 1, 2])).atBound).toBe(true)
    expect(fitTemperature(answering(3, [0, 1, 2], [1, 2, 0])).atBound).toBe(true)
    expect(fitTemperature(answering(2, [0, 1, 1, 0], [0, 1, 1, 1])).atBound).toBe(false)
  })

  test('the worst class is the one of which most are missed; a class without examples is none', () => {
    const classes = perClassAccuracy(answering(4, [0, 0, 1, 1, 1, 2], [0, 1, 1, 0, 0, 2]))
    expect(classes.map((c) => [c.correct, c.n])).toEqual([
      [1, 2],
      [1, 3],
      [1, 1],
      [0, 0],
    ])
    expect(worstClass(classes)).toBe(1)
    expect(classes[3]!.interval).toEqual([0, 1])
  })

  test('a diverged model is refused, not measured', () => {
    const p = answering(2, [0, 1], [0, 1])
    p.logits[3] = NaN
    expect(() => evaluatePredictions(p)).toThrow('logits: example 1: found NaN')
    expect(() => evaluatePredictions(answering(2, [0, 2], [0, 1]))).toThrow('labels: example 1: expected a class below 2, found 2')
    expect(() => evaluatePredictions(answering(2, [], []))).toThrow('at least one example')
  })
})

describe('intervals', () => {
  test.each(reference.wilson)('Wilson of $k in $n as SciPy has it', ({ k, n, low, high }) => {
    const [l, h] = wilson(k, n)
    expect(l).toBeCloseTo(low, 10)
    expect(h).toBeCloseTo(high, 10)
  })

  test('bootstrap of a mean and of a paired difference agree with SciPy, the same for the same seed', () => {
    const { values, paired, low, high, differenceLow, differenceHigh } = reference.bootstrap
    const [a, b] = [decode(values).data, decode(paired).data]
    const step = 1 / 300 + 1e-12 // a resampled mean of 300 zeros and ones is a multiple of 1/300
    const found = bootstrapMean(a, { seed: 1, resamples: 20_000 })
    expect(Math.abs(found[0] - low)).toBeLessThanOrEqual(step)
    expect(Math.abs(found[1] - high)).toBeLessThanOrEqual(step)
    const difference = pairedBootstrap(a, b, { seed: 1, resamples: 20_000 })
    expect(Math.abs(difference[0] - differenceLow)).toBeLessThanOrEqual(step)
    expect(Math.abs(difference[1] - differenceHigh)).toBeLessThanOrEqual(step)
    expect(bootstrapMean(a, { seed: 1, resamples: 500 })).toEqual(bootstrapMean(a, { seed: 1, resamples: 500 }))
    expect(bootstrapMean(a, { seed: 1, resamples: 500 })).not.toEqual(bootstrapMean(a, { seed: 2, resamples: 500 }))
  })
})

describe('significance', () => {
  test.each(reference.mcnemar)('exact McNemar of $b and $c as SciPy has it', ({ b, c, p }) => {
    expect(exactMcNemar(b, c) / p).toBeCloseTo(1, 10)
    expect(mcnemar(b, c).method).toBe(b + c < 25 ? 'exact' : 'chi-squared')
  })

  test.each(own.chi2)('McNemar with continuity correction of $b and $c as statsmodels has it', ({ b, c, p }) => {
    expect(mcnemar(b, c).p / p).toBeCloseTo(1, 9)
  })

  test('the exact p of hundreds of discordant pairs does not underflow', () => {
    expect(exactMcNemar(3000, 3000)).toBe(1)
    expect(exactMcNemar(1100, 900) / mcnemar(1100, 900).p).toBeCloseTo(1, 1)
  })

  test('erfc is continuous where its two formulas meet, and known at 0, 1 and 5', () => {
    expect(erfc(2 - 1e-12) / erfc(2)).toBeCloseTo(1, 10)
    expect(erfc(0)).toBe(1)
    expect(erfc(1) / 0.15729920705028513).toBeCloseTo(1, 11)
    expect(erfc(5) / 1.5374597944280349e-12).toBeCloseTo(1, 11)
  })

  test.each(own.holm)('Holm of $p as statsmodels has it', ({ p, adjusted }) => {
    holm(p).forEach((x, i) => expect(x).toBeCloseTo(adjusted[i]!, 12))
  })

  test('a comparison lists the examples whose answer flipped', () => {
    const found = compareOutcomes([1, 1, 0, 1, 0], [1, 0, 1, 0, 0])
    expect(found).toMatchObject({ n: 5, difference: 0.2, gained: [1, 3], lost: [2], mcnemar: { method: 'exact', b: 2, c: 1, p: 1 } })
    expect(found.interval[0]).toBeLessThan(0.2)
    expect(found.interval[1]).toBeGreaterThan(0.2)
  })
})

describe('ranking and retrieval', () => {
  test.each(reference.averagePrecision)('average precision $averagePrecision as scikit-learn has it', (g) => {
    expect(averagePrecision(floats(g.scores), decode(g.truth).data)).toBeCloseTo(g.averagePrecision, 10)
  })

  test('recall@k counts a query with one relevant candidate near the top; ties count against it', () => {
    const similarity = [0.9, 0.1, 0.5, /**/ 0.2, 0.8, 0.3, /**/ 0.4, 0.4, 0.4]
    expect(recallAtK(similarity, [[0], [0, 2], [1]], [1, 2, 3])).toEqual([1 / 3, 2 / 3, 1])
  })

  test('recall@k grows with k and is whole at the number of candidates', () => {
    const matrix = fc
      .tuple(fc.integer({ min: 1, max: 5 }), fc.integer({ min: 1, max: 6 }))
      .chain(([q, c]) =>
        fc.tuple(
          fc.array(fc.double({ min: -1, max: 1, noNaN: true }), { minLength: q * c, maxLength: q * c }),
          fc.array(fc.nat(c - 1), { minLength: q, maxLength: q }),
          fc.constant(c),
        ),
      )
    fc.assert(
      fc.property(matrix, ([similarity, targets, c]) => {
        const found = recallAtK(
          similarity,
          targets.map((t) => [t]),
          Array.from({ length: c }, (_, i) => i + 1),
        )
        expect(found).toEqual([...found].sort((a, b) => a - b))
        expect(found.at(-1)).toBe(1)
      }),
    )
  })
})

describe('detection', () => {
  test('box IoU as pycocotools has it', () => {
    const rows = (t: GoldenTensor) => Array.from({ length: t.shape[0]! }, (_, i) => box(floats(t).subarray(i * 4, i * 4 + 4)))
    const found = boxIouMatrix(rows(reference.iou.a), rows(reference.iou.b))
    floats(reference.iou.box).forEach((x, i) => expect(found[i]!).toBeCloseTo(x, 6))
  })

  test.each(own.coco)('COCO AP $ap as pycocotools has it', (g) => {
    const images = Array.from({ length: g.images }, (_, i) => ({
      detections: g.detections
        .filter((d) => d.image_id === i + 1)
        .map((d) => ({ label: d.category_id - 1, score: d.score, box: box(d.bbox) })),
      truth: g.truth
        .filter((t) => t.image_id === i + 1)
        .map((t) => ({ label: t.category_id - 1, box: box(t.bbox), crowd: t.iscrowd === 1 })),
    }))
    const found = detectionScores(images, g.classes)
    expect(found.ap).toBeCloseTo(g.ap, 10)
    expect(found.ap50).toBeCloseTo(g.ap50, 10)
    expect(found.ap75).toBeCloseTo(g.ap75, 10)
    found.perClass.forEach((ap, c) => (g.perClass[c] === null ? expect(ap).toBeNull() : expect(ap).toBeCloseTo(g.perClass[c]!, 10)))
  })
})
