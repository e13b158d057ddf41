/** Shannon's entropy of the predicted distribution, as a share of the largest possible (Settles 2009, §3.1). */
import { byScore, defineStrategy } from '../strategy.ts'

export default defineStrategy({
  id: 'entropy',
  order: 4,
  title: { en: 'Entropy', ja: 'エントロピー' },
  about: {
    en: 'Images over which the model spreads its answer among many classes.',
    ja: 'モデルの答えが多くのクラスに分散する画像。',
  },
  citation: 'Settles 2009, Active Learning Literature Survey, §3.1',
  rank: (seen, count) =>
    byScore(seen, count, (row) => {
      let nats = 0
      for (let c = row * seen.classes; c < (row + 1) * seen.classes; c++) {
        const p = seen.probabilities[c]!
        if (p > 0) nats -= p * Math.log(p)
      }
      return seen.classes < 2 ? 0 : nats / Math.log(seen.classes)
    }),
})
