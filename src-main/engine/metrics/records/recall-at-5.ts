import { defineMetric, higherPercent } from '../metric.ts'
import { recallAtK } from '../retrieval.ts'

export default defineMetric({
  id: 'recallAt5',
  order: 105,
  title: { en: 'Recall@5', ja: '再現率@5' },
  about: {
    en: 'The share of queries that find something relevant among the first 5; ties count against them.',
    ja: '上位 5 件に関連する候補が入った検索の割合です。同点は不利に数えます。',
  },
  citation: 'Radford et al. 2021, Learning Transferable Visual Models From Natural Language Supervision, ICML',
  task: 'contrast',
  ...higherPercent,
  compute: ({ similarity, relevant }) => recallAtK(similarity, relevant, [5])[0]!,
})
