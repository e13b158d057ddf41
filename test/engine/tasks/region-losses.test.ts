import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { assignment } from '../../../src-main/engine/tasks/assignment.ts'
import { type CentreBox, giou, matchBoxes } from '../../../src-main/engine/tasks/matching.ts'
import { binaryCrossEntropy, boxDistance, dice, type Focal, giouLoss, sigmoidFocal } from '../../../src-main/engine/tasks/region-losses.ts'
import { type Apply, checkGolden, type GoldenCase } from '../../helpers/check-op.ts'
import { decode, golden, type GoldenTensor } from '../../helpers/golden.ts'

interface Match {
  readonly logits: GoldenTensor
  readonly boxes: GoldenTensor
  readonly targets: GoldenTensor
  readonly queries: readonly number[]
  readonly found: readonly number[]
}
const { cases, matches } = golden<{ cases: GoldenCase[]; matches: Match[] }>('regions.json')

const losses: Readonly<Record<string, Apply<never>>> = {
  sigmoidFocal: ([x, t], focal: Focal) => sigmoidFocal(x!, t!, focal),
  binaryCrossEntropy: ([x, t]) => binaryCrossEntropy(x!, t!),
  dice: ([x, t]) => dice(x!, t!),
  boxDistance: ([a, b]) => boxDistance(a!, b!),
  giouLoss: ([a, b]) => giouLoss(a!, b!),
}

describe('values and gradients are those of transformers', () => {
  test.each(Object.keys(losses))('%s', async (name) => {
    const own = cases.filter((c) => c.op === name)
    expect(own.length).toBeGreaterThan(0)
    for (const c of own) await checkGolden(losses[name] as Apply<unknown>, c)
  })
})

describe('matching', () => {
  test.each(matches.map((m) => [m.targets.shape[0], m.boxes.shape[0], m] as const))(
    '%i targets with %i predictions, as transformers does',
    (_, __, m) => {
      const wanted = decode(m.targets).data as Float32Array
      const targets = m.queries.map((query, i) => ({ query, box: [...wanted.subarray(4 * i, 4 * i + 4)] as unknown as CentreBox }))
      expect(matchBoxes(decode(m.logits).data as Float32Array, decode(m.boxes).data as Float32Array, targets)).toEqual(m.found)
    },
  )

  test('passes over a prediction that is not a number', () => {
    const boxes = Float32Array.of(NaN, 0.5, 0.2, 0.2, 0.1, 0.1, 0.1, 0.1)
    expect(matchBoxes(Float32Array.of(9, -9), boxes, [{ query: 0, box: [0.5, 0.5, 0.2, 0.2] }])).toEqual([1])
  })

  test('GIoU is 1 of equal boxes and falls below 0 with the distance', () => {
    expect(giou([0.5, 0.5, 0.2, 0.4], [0.5, 0.5, 0.2, 0.4])).toBeCloseTo(1, 12)
    const far = giou([0.1, 0.5, 0.2, 0.2], [0.9, 0.5, 0.2, 0.2])
    expect(far).toBeLessThan(giou([0.3, 0.5, 0.2, 0.2], [0.7, 0.5, 0.2, 0.2]))
    expect(far).toBeCloseTo(-0.6, 12)
  })
})

test('an assignment costs as little as the best of all', () => {
  const table = fc.tuple(fc.integer({ min: 1, max: 4 }), fc.integer({ min: 0, max: 2 })).chain(([rows, more]) =>
    fc.array(fc.array(fc.integer({ min: -9, max: 9 }), { minLength: rows + more, maxLength: rows + more }), {
      minLength: rows,
      maxLength: rows,
    }),
  )
  fc.assert(
    fc.property(table, (costs) => {
      const columns = costs[0]!.length
      const found = assignment(
        costs.map((row) => Float64Array.from(row)),
        columns,
      )
      expect(new Set(found).size).toBe(costs.length)
      const least = (row: number, taken: ReadonlySet<number>): number =>
        row === costs.length
          ? 0
          : Math.min(...costs[row]!.flatMap((c, j) => (taken.has(j) ? [] : [c + least(row + 1, new Set([...taken, j]))])))
      expect(found.reduce((sum, j, i) => sum + costs[i]![j]!, 0)).toBe(least(0, new Set()))
    }),
  )
})
