import { defineConcern, named } from '../concern.ts'

export default defineConcern({
  id: 'one-label',
  order: 2,
  level: 'blocker',
  problem: {
    en: 'Only one label is used ({labels}): a classifier tells at least two apart.',
    ja: '使われているラベルは 1 つだけです（{labels}）。分類器には 2 つ以上必要です。',
  },
  cure: { en: 'Give other images another label.', ja: 'ほかの画像に別のラベルを付けてください。' },
  link: '#/data?unlabelled=true',
  find: ({ task, data }) => (task === 'classify' && data.classes.length === 1 ? { labels: named(data.classes.map((c) => c.name)) } : null),
})
