/**
 * Uncertainty and diversity by one slider. Both are ranks between 0 and 1, so that neither scale drowns the other: the margin's rank
 * among the candidates, and the rank that the distance to the nearest labelled or chosen image has among the distances at the start.
 * Greedy, as every choice changes the distances. With a diversity of 0 it is `margin`, with 1 `k-centre`.
 */
import { Coverage, labelledRows, mostCentral } from '../coverage.ts'
import { defineStrategy, narrowness } from '../strategy.ts'

export default defineStrategy({
  id: 'mix',
  order: 0,
  title: { en: 'Uncertain and diverse', ja: '不確実さと多様性' },
  about: {
    en: 'Images that the model is unsure of and that are unlike each other; the slider weighs the two.',
    ja: 'モデルが迷い、かつ互いに似ていない画像。重みはスライダーで決めます。',
  },
  citation: 'Settles 2009, Active Learning Literature Survey, §3.6; Sener & Savarese 2018',
  mixes: true,
  rank(seen, count) {
    const { features, dim, candidates, labels, diversity: weight } = seen
    const unsure = Float64Array.from(candidates, (row) => narrowness(seen, row))
    const coverage = new Coverage(features, dim, candidates, labelledRows(labels))
    const { distances } = coverage
    const most = Math.min(count, candidates.length)
    const [order, scores] = [new Int32Array(most), new Float64Array(most)]
    const [unsureRank, farRank] = [midRanks(unsure, unsure.toSorted()), new Float64Array(candidates.length).fill(1)]
    let start: Float64Array | undefined
    /** Ranks of the distances, once there is something to be distant from. */
    const settle = () => {
      start = distances.toSorted()
      farRank.set(midRanks(distances, start))
    }
    if (distances.length && distances[0] !== Infinity) settle()
    const total = (k: number) => (1 - weight) * unsureRank[k]! + weight * farRank[k]!
    /** Larger sum of ranks first, then what weighs more, then the earlier row. */
    const precedes = (a: number, b: number) => {
      const by = total(a) - total(b) || (weight > 0.5 ? distances[a]! - distances[b]! : unsure[a]! - unsure[b]!)
      return by > 0
    }
    const taken = new Uint8Array(candidates.length)
    for (let step = 0; step < most; step++) {
      let best = -1
      if (!start && weight === 1) best = mostCentral(features, dim, candidates)
      else for (let k = 0; k < candidates.length; k++) if (!taken[k] && (best < 0 || precedes(k, best))) best = k
      order[step] = candidates[best]!
      scores[step] = total(best)
      taken[best] = 1
      if (start) coverage.cover(candidates[best]!, (k) => (farRank[k] = midRank(distances[k]!, start!)))
      else {
        coverage.cover(candidates[best]!)
        settle()
      }
    }
    return { order, scores }
  },
})

const midRanks = (values: Float64Array, sorted: Float64Array) => values.map((v) => midRank(v, sorted))

/** The share of the sorted values that are smaller, half of the equal ones included: 0 to 1. */
export function midRank(value: number, sorted: Float64Array): number {
  return (firstNot(sorted, (v) => v < value) + firstNot(sorted, (v) => v <= value)) / (2 * sorted.length)
}

function firstNot(sorted: Float64Array, passes: (v: number) => boolean): number {
  let [low, high] = [0, sorted.length]
  while (low < high) {
    const middle = (low + high) >> 1
    if (passes(sorted[middle]!)) low = middle + 1
    else high = middle
  }
  return low
}
