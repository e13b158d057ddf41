import { defineMetric, higherPercent } from '../metric.ts'
import { recallAtK } from '../retrieval.ts'

export default defineMetric({
  id: 'recallAt1',
  order: 101,
  title: { en: 'Recall@1', ja: '再現率@1' },
  about: {
    en: 'The share of queries that find something relevant in first place; ties count against them.',
    ja: '先頭に関連する候補が入った検索の割合です。同点は不利に数えます。',
  },
  citation: 'Radford et al. 2021, Learning Transferable Visual Models From Natural Language Supervision, ICML',
  task: 'contrast',
  ...higherPercent,
  compute: ({ similarity, relevant }) => recallAtK(similarity, relevant, [1])[0]!,
})
