import { defineMetric, higherPercent } from '../metric.ts'
import { recallAtK } from '../retrieval.ts'

export default defineMetric({
  id: 'recallAt10',
  order: 110,
  title: { en: 'Recall@10', ja: '再現率@10' },
  about: {
    en: 'The share of queries that find something relevant among the first 10; ties count against them.',
    ja: '上位 10 件に関連する候補が入った検索の割合です。同点は不利に数えます。',
  },
  citation: 'Radford et al. 2021, Learning Transferable Visual Models From Natural Language Supervision, ICML',
  task: 'contrast',
  ...higherPercent,
  compute: ({ similarity, relevant }) => recallAtK(similarity, relevant, [10])[0]!,
})
