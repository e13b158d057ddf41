/** Greedy k-centre (Sener & Savarese 2018, Algorithm 1): each next image is the one farthest from all labelled and chosen ones. */
import { Coverage, labelledRows, mostCentral } from '../coverage.ts'
import { defineStrategy } from '../strategy.ts'

export default defineStrategy({
  id: 'k-centre',
  order: 6,
  title: { en: 'Diversity', ja: '多様性' },
  about: {
    en: 'Images that are least like those already labelled or chosen (greedy k-centre of the embeddings).',
    ja: 'ラベル付きや選択済みの画像に最も似ていない画像（埋め込みの貪欲 k-center）。',
  },
  citation: 'Sener & Savarese 2018, Active Learning for Convolutional Neural Networks: A Core-Set Approach',
  rank({ features, dim, candidates, labels }, count) {
    const coverage = new Coverage(features, dim, candidates, labelledRows(labels))
    const { distances } = coverage
    const most = Math.min(count, candidates.length)
    const [order, scores] = [new Int32Array(most), new Float64Array(most)]
    const taken = new Uint8Array(candidates.length)
    for (let step = 0; step < most; step++) {
      let best = -1
      for (let k = 0; k < distances.length; k++) if (!taken[k] && (best < 0 || distances[k]! > distances[best]!)) best = k
      if (distances[best] === Infinity) best = mostCentral(features, dim, candidates)
      order[step] = candidates[best]!
      scores[step] = Math.sqrt(distances[best]!)
      taken[best] = 1
      coverage.cover(candidates[best]!)
    }
    return { order, scores }
  },
})
