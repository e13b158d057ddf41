/** Smallest margin between the two most probable classes (Scheffer, Decomain & Wrobel 2001). */
import { byScore, defineStrategy, narrowness } from '../strategy.ts'

export default defineStrategy({
  id: 'margin',
  order: 2,
  title: { en: 'Margin', ja: 'マージン' },
  about: {
    en: 'Images on which the model hesitates between its two best classes.',
    ja: 'モデルが上位 2 クラスの間で迷う画像。',
  },
  citation: 'Scheffer, Decomain & Wrobel 2001, Active Hidden Markov Models for Information Extraction',
  rank: (seen, count) => byScore(seen, count, (row) => narrowness(seen, row)),
})
