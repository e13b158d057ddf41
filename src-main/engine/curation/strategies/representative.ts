/**
 * Greedy facility location (Wei, Iyer & Bilmes 2015): each next image is the one that brings the others nearest to a labelled or
 * chosen image, summed over all of them. Where few labels are given, what is typical teaches more than what is uncertain (Hacohen,
 * Dekel & Weinshall 2022, Active Learning on a Budget). Among many images, a random sample stands for all.
 */
import { Rng } from '../../data/rng.ts'
import { labelledRows } from '../coverage.ts'
import { defineStrategy } from '../strategy.ts'

/** Images that stand for the others, and images to choose from, at most: it compares each with each. */
const [MOST_SERVED, MOST_CANDIDATES] = [4000, 20_000]

export default defineStrategy({
  id: 'representative',
  order: 7,
  title: { en: 'Typical images', ja: '典型的な画像' },
  about: {
    en: 'Images that many others resemble (greedy facility location of the embeddings); a good start with few labels.',
    ja: '多くの画像に似ている画像（埋め込みの貪欲施設配置）。ラベルが少ないうちに向きます。',
  },
  citation: 'Wei, Iyer & Bilmes 2015, Submodularity in Data Subset Selection and Active Learning',
  rank({ features, dim, candidates, labels, seed }, count) {
    const most = Math.min(count, candidates.length)
    const served = some(candidates, MOST_SERVED, seed)
    // At least as many as are asked for.
    const offered = some(candidates, Math.max(MOST_CANDIDATES, most), seed + 1)
    const squared = (a: number, b: number) => {
      let sum = 0
      for (let j = 0; j < dim; j++) sum += (features[a * dim + j]! - features[b * dim + j]!) ** 2
      return sum
    }
    /** Of each served image: the distance to the nearest labelled or chosen one. */
    const far = new Float64Array(served.length).fill(-1)
    const labelled = [...labelledRows(labels)]
    served.forEach((row, i) => labelled.forEach((other) => (far[i] = nearer(far[i]!, Math.sqrt(squared(row, other))))))
    if (!labelled.length) far.fill(reach(served, squared))
    const gainOf = (row: number) => served.reduce((sum, other, i) => sum + Math.max(0, far[i]! - Math.sqrt(squared(row, other))), 0)
    // Lazy greedy (Minoux 1978): gains only shrink, so one that is up to date and the largest is the next choice.
    const gains = Float64Array.from(offered, gainOf)
    const seenAt = new Int32Array(offered.length)
    const [order, scores] = [new Int32Array(most), new Float64Array(most)]
    for (let step = 0; step < most;) {
      let best = -1
      for (let k = 0; k < gains.length; k++) if (gains[k]! >= 0 && (best < 0 || gains[k]! > gains[best]!)) best = k
      const row = offered[best]!
      if (seenAt[best] !== step) {
        gains[best] = gainOf(row)
        seenAt[best] = step
        continue
      }
      order[step] = row
      scores[step++] = gains[best]!
      gains[best] = -1
      served.forEach((other, i) => (far[i] = nearer(far[i]!, Math.sqrt(squared(row, other)))))
    }
    return { order, scores }
  },
})

const nearer = (known: number, now: number) => (known < 0 ? now : Math.min(known, now))

/** At most `most` of the rows by a seed, ascending. */
function some(rows: Int32Array, most: number, seed: number): Int32Array {
  return rows.length <= most ? rows : Rng.of(seed, 0x666163).shuffle(rows.slice()).subarray(0, most).sort()
}

/** Twice the largest distance from the first image: no two are farther apart. */
const reach = (rows: Int32Array, squared: (a: number, b: number) => number) =>
  2 * Math.sqrt(rows.reduce((most, row) => Math.max(most, squared(row, rows[0]!)), 0))
