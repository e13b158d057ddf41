import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { stratify, type Unit } from '../../../src-main/engine/curation/stratify.ts'

const unit = (...labels: number[]): Unit => ({ size: 1, labels: new Map(labels.map((l) => [l, 1])) })
const sizes = (assigned: Int32Array, units: readonly Unit[], splits: number) =>
  Array.from({ length: splits }, (_, s) => units.reduce((n, u, i) => n + (assigned[i] === s ? u.size : 0), 0))

describe('iterative stratification', () => {
  test('gives every split its share of every label', () => {
    const units = Array.from({ length: 1000 }, (_, i) => unit(i % 10 < 7 ? 0 : i % 10 < 9 ? 1 : 2))
    const assigned = stratify(units, [0.8, 0.1, 0.1])
    const counts = [0, 1, 2].map((label) =>
      sizes(
        assigned,
        units.map((u) => (u.labels.has(label) ? u : { ...u, size: 0 })),
        3,
      ),
    )
    expect(counts).toEqual([
      [560, 70, 70],
      [160, 20, 20],
      [80, 10, 10],
    ])
  })

  test('fills the splits although each label has one image only', () => {
    const units = Array.from({ length: 200 }, (_, i) => unit(i))
    expect(sizes(stratify(units, [0.8, 0.1, 0.1]), units, 3)).toEqual([160, 20, 20])
  })

  test('leaves what is fixed where it is, and makes up for it', () => {
    const units = Array.from({ length: 100 }, () => unit(0))
    const fixed = new Map(Array.from({ length: 15 }, (_, i) => [i, 1]))
    const assigned = stratify(units, [0.8, 0.2], { fixed })
    expect(sizes(assigned, units, 2)).toEqual([80, 20])
    for (const [i, split] of fixed) expect(assigned[i]).toBe(split)
  })

  const given = fc.record({
    units: fc.array(
      fc.record({ size: fc.integer({ min: 1, max: 6 }), labels: fc.uniqueArray(fc.integer({ min: 0, max: 5 }), { maxLength: 3 }) }),
      { minLength: 1, maxLength: 120 },
    ),
    weights: fc.array(fc.integer({ min: 1, max: 10 }), { minLength: 2, maxLength: 5 }),
    seed: fc.nat(),
  })

  test('assigns every unit, misses a share by less than one large unit a split, and is the same for the same seed', () => {
    fc.assert(
      fc.property(given, ({ units: plain, weights, seed }) => {
        const units = plain.map(({ size, labels }): Unit => ({ size, labels: new Map(labels.map((l) => [l, size])) }))
        const shares = weights.map((w) => w / weights.reduce((a, b) => a + b))
        const assigned = stratify(units, shares, { seed })
        expect([...assigned].every((s) => s >= 0 && s < shares.length)).toBe(true)
        expect(stratify(units, shares, { seed })).toEqual(assigned)
        const total = units.reduce((n, u) => n + u.size, 0)
        const largest = Math.max(...units.map((u) => u.size))
        sizes(assigned, units, shares.length).forEach((n, s) =>
          expect(Math.abs(n - shares[s]! * total)).toBeLessThanOrEqual(largest * shares.length),
        )
      }),
    )
  })
})
