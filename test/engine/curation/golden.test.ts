/** Against cleanlab, iterative-stratification and scikit-multilearn (test/parity/curation/make.py). */
import fs from 'node:fs'
import { describe, expect, test } from 'vitest'
import { confidentLearning } from '../../../src-main/engine/curation/confident.ts'
import { stratify, type Unit } from '../../../src-main/engine/curation/stratify.ts'

const golden = <T>(name: string) => JSON.parse(fs.readFileSync(new URL(`../../parity/curation/${name}.json`, import.meta.url), 'utf8')) as T

describe('confident learning', () => {
  const g = golden<{
    classes: number
    labels: number[]
    probabilities: number[]
    thresholds: number[]
    counts: number[]
    joint: number[]
    selfConfidence: number[]
    normalisedMargin: number[]
    issues: number[]
  }>('doubts')
  const found = confidentLearning(Float32Array.from(g.probabilities), Int32Array.from(g.labels), g.classes)
  const close = (actual: ArrayLike<number>, expected: number[], digits: number) =>
    expected.forEach((e, i) => expect(actual[i]).toBeCloseTo(e, digits))

  test('counts as cleanlab does', () => {
    close(found.thresholds, g.thresholds, 6)
    expect([...found.counts]).toEqual(g.counts)
  })
  test('estimates the joint distribution as cleanlab does, but for its rounding to whole images', () => {
    expect(found.joint.reduce((a, b) => a + b)).toBeCloseTo(1, 12)
    g.joint.forEach((e, i) => expect(Math.abs(found.joint[i]! - e)).toBeLessThan(1.01 / g.labels.length))
  })
  test('ranks as cleanlab does', () => {
    close(found.selfConfidence, g.selfConfidence, 6)
    close(
      found.margin.map((m) => (m + 1) / 2),
      g.normalisedMargin,
      6,
    )
  })
  test('takes for wrong what cleanlab does', () => {
    expect([...found.issue].flatMap((flag, i) => (flag ? [i] : []))).toEqual(g.issues)
  })
})

describe('stratification', () => {
  const cases =
    golden<{ folds: number; labels: number[][]; classes: number; reference: Record<string, { labels: number; examples: number }> }[]>(
      'stratification',
    )

  /** Label and example distribution of Sechidis et al. 2011, §3.2: mean deviations of the labels' odds, and of the sizes. */
  function deviations(labels: number[][], classes: number, assigned: Int32Array, folds: number) {
    const odds = (rows: number[][], c: number) => {
      const n = rows.filter((r) => r.includes(c)).length
      return n / Math.max(1, rows.length - n)
    }
    const parts = Array.from({ length: folds }, (_, f) => labels.filter((_, i) => assigned[i] === f))
    const mean = (values: number[]) => values.reduce((a, b) => a + b) / values.length
    return {
      labels: mean(Array.from({ length: classes }, (_, c) => mean(parts.map((p) => Math.abs(odds(p, c) - odds(labels, c)))))),
      examples: mean(parts.map((p) => Math.abs(p.length - labels.length / folds))),
    }
  }

  test.each(cases.map((c) => [c.labels.length, c] as const))(
    'of %d images is as even as that of the reference implementations',
    (_, { folds, labels, classes, reference }) => {
      const units = labels.map((own): Unit => ({ size: 1, labels: new Map(own.map((l) => [l, 1])) }))
      const made = Array.from({ length: 10 }, (_, seed) =>
        deviations(
          labels,
          classes,
          stratify(
            units,
            Array.from({ length: folds }, () => 1 / folds),
            { seed },
          ),
          folds,
        ),
      )
      const mean = (of: 'labels' | 'examples') => made.reduce((sum, m) => sum + m[of], 0) / made.length
      const worst = (of: 'labels' | 'examples') => Math.max(...Object.values(reference).map((r) => r[of]))
      expect(mean('labels')).toBeLessThanOrEqual(1.05 * worst('labels'))
      expect(mean('examples')).toBeLessThanOrEqual(Math.max(0.5, worst('examples')))
    },
  )
})
