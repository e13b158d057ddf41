/** What to label next: properties that every strategy has, and values of SciPy and NumPy (test/parity/curation/strategies.py). */
import fs from 'node:fs'
import { describe, expect, test } from 'vitest'
import { strategies, strategyRecord } from '../../../src-main/engine/curation/strategies.ts'
import type { Seen } from '../../../src-main/engine/curation/strategy.ts'
import { jensenShannon } from '../../../src-main/engine/curation/strategies/checkpoints.ts'
import { midRank } from '../../../src-main/engine/curation/strategies/mix.ts'
import { Rng } from '../../../src-main/engine/data/rng.ts'

const rank = (id: string, seen: Seen, count: number) => strategyRecord(id).rank(seen, count)
const order = (id: string, seen: Seen, count: number) => [...rank(id, seen, count).order]

/** Random images, a third of them labelled; the candidates are the others, for `labels` the labelled ones. */
function images(
  seed: number,
  { n = 40, classes = 5, dim = 8, needs }: { n?: number; classes?: number; dim?: number; needs?: string } = {},
): Seen {
  const rng = Rng.of(seed)
  const rows = () => {
    const p = Float64Array.from({ length: n * classes }, () => rng.uniform() ** 3)
    for (let i = 0; i < n; i++) {
      const sum = p.subarray(i * classes, (i + 1) * classes).reduce((a, b) => a + b)
      for (let c = 0; c < classes; c++) p[i * classes + c]! /= sum
    }
    return p
  }
  const labels = Int32Array.from({ length: n }, (_, i) => (i % 3 ? -1 : rng.int(classes)))
  const candidates = Int32Array.from([...labels.keys()].filter((i) => labels[i]! >= 0 === (needs === 'labels')))
  const features = Float32Array.from({ length: n * dim }, () => rng.normal())
  return { classes, probabilities: rows(), other: rows(), labels, features, dim, candidates, seed, diversity: 0.5 }
}

describe.each(strategies.map((s) => [s.id, s] as const))('%s', (id, strategy) => {
  const seeds = [1, 2, 3, 4, 5]
  const some = (seed: number) => images(seed, { needs: strategy.needs })

  test('has words in both languages and a source', () => {
    for (const words of [strategy.title, strategy.about]) for (const text of [words.en, words['ja']]) expect(text).toMatch(/\S/)
    expect(strategy.citation).toMatch(/(19|20)\d\d/)
  })
  test.each(seeds)('chooses each candidate once, nothing else, and the first ones whatever the number (seed %i)', (seed) => {
    const seen = some(seed)
    const all = order(id, seen, 1000)
    expect([...all].sort((a, b) => a - b)).toEqual([...seen.candidates])
    expect(order(id, seen, 7)).toEqual(all.slice(0, 7))
    expect([...rank(id, seen, 7).scores].every(Number.isFinite) || id === 'k-centre').toBe(true)
  })
  test('gives the same order for the same images, and leaves what it is given as it is', () => {
    const [seen, copy] = [some(6), structuredClone(some(6))]
    expect(order(id, seen, 20)).toEqual(order(id, copy, 20))
    expect(seen).toEqual(copy)
  })
  test('of equal images takes the earlier first', () => {
    if (id === 'random') return
    const seen = some(7)
    const even: Seen = {
      ...seen,
      labels: seen.labels.map((l) => (l < 0 ? l : 0)),
      probabilities: new Float64Array(seen.probabilities.length).fill(1 / seen.classes),
      other: new Float64Array(seen.probabilities.length).fill(1 / seen.classes),
      features: new Float32Array(seen.features.length),
    }
    expect(order(id, even, 1000)).toEqual([...seen.candidates])
  })
  test('works with nothing to choose from, one image, and without a label', () => {
    const seen = some(8)
    expect(order(id, { ...seen, candidates: new Int32Array() }, 5)).toEqual([])
    expect(order(id, { ...seen, candidates: seen.candidates.slice(0, 1) }, 5)).toEqual([seen.candidates[0]])
    const bare = order(id, { ...seen, labels: seen.labels.map(() => -1) }, 1000)
    expect(new Set(bare).size).toBe(strategy.needs === 'labels' ? 0 : seen.candidates.length)
  })
})

test('each file is one strategy, called as the file', () => {
  const files = fs.readdirSync(new URL('../../../src-main/engine/curation/strategies', import.meta.url))
  expect(strategies.map((s) => `${s.id}.ts`).sort()).toEqual(files.sort())
  expect(new Set(strategies.map((s) => s.order)).size).toBe(strategies.length)
})

test('an unknown strategy is named, with those that there are', () => {
  expect(() => strategyRecord('luck')).toThrow(/unknown strategy "luck"; there are mix, disagreement, margin/)
})

describe('against SciPy and NumPy', () => {
  const g = JSON.parse(fs.readFileSync(new URL('../../parity/curation/strategies.json', import.meta.url), 'utf8')) as Pick<
    Seen,
    'classes' | 'dim'
  > & {
    count: number
    probabilities: number[]
    other: number[]
    features: number[]
    labels: number[]
    scores: Record<string, number[]>
    'k-centre': { order: number[]; scores: number[] }
    mix: { order: number[]; scores: number[] }
  }
  const labels = Int32Array.from(g.labels)
  const seen: Seen = {
    ...g,
    labels,
    features: Float32Array.from(g.features),
    candidates: Int32Array.from([...labels.keys()].filter((i) => labels[i]! < 0)),
    seed: 0,
    diversity: 0.3682,
  }
  test.each(Object.keys(g.scores))('%s scores as they do, within 1e-9', (id) => {
    const { order: rows, scores } = rank(id, seen, 1000)
    rows.forEach((row, k) => expect(scores[k]).toBeCloseTo(g.scores[id]![row]!, 9))
    for (let k = 1; k < scores.length; k++) expect(scores[k - 1]).toBeGreaterThanOrEqual(scores[k]!)
  })
  test.each(['k-centre', 'mix'] as const)('%s chooses as they do, with their scores within 1e-6', (id) => {
    const found = rank(id, seen, g.count)
    expect([...found.order]).toEqual(g[id].order)
    found.scores.forEach((s, k) => expect(s).toBeCloseTo(g[id].scores[k]!, 6))
  })
})

describe('the mix', () => {
  test.each([1, 2, 3])('is the margin at one end of the slider and k-centre at the other (seed %i)', (seed) => {
    const seen = images(seed)
    expect(order('mix', { ...seen, diversity: 0 }, 10)).toEqual(order('margin', seen, 10))
    expect(order('mix', { ...seen, diversity: 1 }, 10)).toEqual(order('k-centre', seen, 10))
    const bare = { ...seen, labels: seen.labels.map(() => -1) }
    expect(order('mix', { ...bare, diversity: 1 }, 10)).toEqual(order('k-centre', bare, 10))
  })
  test('does not choose two that are alike before others, where the margin would', () => {
    // Rows 0 and 1 are the same picture, of which the model is least sure.
    const p = [0.5, 0.5, 0.5, 0.5, 0.6, 0.4, 0.9, 0.1]
    const seen: Seen = {
      classes: 2,
      probabilities: p,
      labels: new Int32Array(4).fill(-1),
      features: Float32Array.of(1, 0, 1, 0, 0, 1, 0.9, 0.1),
      dim: 2,
      candidates: Int32Array.of(0, 1, 2, 3),
      seed: 0,
      diversity: 0.5,
    }
    expect(order('margin', seen, 2)).toEqual([0, 1])
    expect(order('mix', seen, 2)).toEqual([0, 2])
  })
})

describe('greedy k-centre', () => {
  test.each([1, 2, 3, 4])('covers all within twice the least possible radius (Gonzalez 1985), seed %i', (seed) => {
    const seen = images(seed, { n: 12, dim: 2 })
    const rows = [...seen.candidates]
    const labelled = [...seen.labels.keys()].filter((i) => seen.labels[i]! >= 0)
    const distance = (a: number, b: number) => Math.hypot(...[0, 1].map((j) => seen.features[2 * a + j]! - seen.features[2 * b + j]!))
    const radius = (centres: readonly number[]) => Math.max(...rows.map((r) => Math.min(...centres.map((c) => distance(r, c)))))
    const pairs = rows.flatMap((a, i) => rows.slice(i + 1).map((b) => [a, b]))
    const least = Math.min(...pairs.map((pair) => radius([...labelled, ...pair])))
    expect(radius([...labelled, ...order('k-centre', seen, 2)])).toBeLessThanOrEqual(2 * least + 1e-6)
  })
})

test('a wrong label comes first in disagreement, and one that the model shares last', () => {
  const p = [0.9, 0.1, 0.8, 0.2, 0.15, 0.85, 0.05, 0.95, 0.7, 0.3]
  const labels = Int32Array.of(1, 0, 1, 1, 0)
  const seen = { ...images(1), classes: 2, probabilities: p, labels, candidates: Int32Array.of(0, 1, 2, 3, 4) }
  const found = order('disagreement', seen, 5)
  expect([found[0], found[4]]).toEqual([0, 3])
})

test('the divergence of two answers is 0 if they are equal, 1 if they share nothing, and the same both ways', () => {
  expect(jensenShannon([0.3, 0.7], [0.3, 0.7], 0, 2)).toBe(0)
  expect(jensenShannon([1, 0], [0, 1], 0, 2)).toBeCloseTo(1, 12)
  expect(jensenShannon([0.1, 0.9], [0.6, 0.4], 0, 2)).toBeCloseTo(jensenShannon([0.6, 0.4], [0.1, 0.9], 0, 2), 12)
})

test('random differs by seed', () => {
  expect(order('random', images(1), 10)).not.toEqual(order('random', { ...images(1), seed: 2 }, 10))
})

test('the rank of a value is the share of those below it, half of its equals included', () => {
  const sorted = Float64Array.of(1, 2, 2, 5)
  expect([0, 1, 2, 3, 5, 9].map((v) => midRank(v, sorted))).toEqual([0, 0.125, 0.5, 0.75, 0.875, 1])
})
