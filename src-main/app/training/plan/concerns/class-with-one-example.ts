import { defineConcern, named } from '../concern.ts'

export default defineConcern({
  id: 'class-with-one-example',
  order: 4,
  level: 'warning',
  problem: {
    en: 'A single training image has the label {labels}: it is learned by heart.',
    ja: 'ラベル {labels} の学習用画像は 1 枚だけで、丸暗記になります。',
  },
  cure: {
    en: 'Label a few more images of it, or join it with another label.',
    ja: '同じラベルの画像を数枚増やすか、別のラベルとまとめてください。',
  },
  link: '#/data?tool=balance',
  find: (facts) => {
    const single = facts.untrained ? [] : facts.data.classes.filter((_, i) => facts.counts[i]!['train'] === 1).map((c) => c.name)
    return single.length ? { labels: named(single) } : null
  },
})
