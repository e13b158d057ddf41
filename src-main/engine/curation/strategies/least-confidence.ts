/** 1 − the largest probability (Lewis & Gale 1994; Settles 2009, §3.1). */
import { bestOf, byScore, defineStrategy } from '../strategy.ts'

export default defineStrategy({
  id: 'least-confidence',
  order: 3,
  title: { en: 'Least confidence', ja: '最小確信度' },
  about: {
    en: 'Images whose best class the model finds least probable.',
    ja: '最有力クラスの確率が最も低い画像。',
  },
  citation: 'Lewis & Gale 1994, A Sequential Algorithm for Training Text Classifiers',
  rank: (seen, count) => byScore(seen, count, (row) => 1 - bestOf(seen, row).p),
})
