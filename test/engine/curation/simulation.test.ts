/** The simulation of `npm run bench -- active` in its short form: clouds of points whose labels are hidden until asked for. */
import { describe, expect, test } from 'vitest'
import { Rng } from '../../../src-main/engine/data/rng.ts'
import { contest, tableOf } from '../../bench/active/bench.ts'
import { fullAccuracy, type HiddenSet, reached, simulate } from '../../bench/active/simulate.ts'

/** Six classes, of which the last is rare: one cloud each, far from the others. */
function clouds(): HiddenSet {
  const [classes, dim, common, rare] = [6, 8, 40, 6]
  const rng = Rng.of(3)
  const sizes = Array.from({ length: classes }, (_, c) => (c === classes - 1 ? rare : common))
  const truth = Int32Array.from(sizes.flatMap((n, c) => Array<number>(n).fill(c)))
  const rows = new Float32Array(truth.length * dim)
  truth.forEach((c, i) => {
    for (let j = 0; j < dim; j++) rows[i * dim + j] = (j === c ? 3 : 0) + 0.7 * rng.normal()
  })
  const even = [...truth.keys()].filter((i) => i % 2 === 0)
  const odd = [...truth.keys()].filter((i) => i % 2 === 1)
  return {
    name: 'clouds',
    classes,
    dim,
    features: rows,
    truth,
    divided: () => ({ pool: Int32Array.from(even), test: Int32Array.from(odd) }),
  }
}

describe('active learning, simulated', () => {
  const set = clouds()
  const plan = { seed: 1, batch: 4, strength: 1 }

  test('labels are given batch by batch to the last, and all of them give the accuracy of a probe on all', async () => {
    const curve = await simulate(set, { ...plan, batch: 30, strategy: 'margin' })
    expect(curve.map((p) => p.labels)).toEqual([30, 60, 90, 103])
    expect(curve.at(-1)!.accuracy).toBeCloseTo(await fullAccuracy(set, 1, 1), 2)
  })

  test('the same plan gives the same curve; another seed begins with other labels', async () => {
    const some = { ...plan, strategy: 'random', until: 0.8 }
    expect(await simulate(set, some)).toEqual(await simulate(set, some))
    expect(await simulate(set, { ...some, seed: 2 })).not.toEqual(await simulate(set, some))
  })

  test('diversity finds every class sooner than chance does', async () => {
    const settings = { seeds: [0, 1, 2], rounds: 26, strength: 1, target: 0.95 }
    const rows = await contest(set, settings, [
      { name: 'random', strategy: 'random' },
      { name: 'diversity', strategy: 'k-centre' },
    ])
    const [random, diversity] = rows
    expect(diversity!.mean).toBeLessThan(random!.mean)
    expect(rows.every((r) => r.labels.length === 3 && r.half >= 0 && r.share === r.mean / 103)).toBe(true)
    expect(tableOf(rows)).toMatch(/clouds +random +\d+ ± \d+ +\d+ % +100 %/)
  })
})

test('an accuracy is reached where it and its neighbours are on average', () => {
  const curve = [0.2, 0.9, 0.1, 0.8, 0.8, 0.9].map((accuracy, i) => ({ labels: 10 * (i + 1), accuracy }))
  expect(reached(curve, 0.8)).toBe(50)
  expect(reached(curve, 0.95)).toBeNull()
  expect(reached(curve.slice(0, 1), 0.1)).toBeNull()
})
