import { defineConcern, named } from '../concern.ts'
import { imagesIn } from '../facts.ts'

export default defineConcern({
  id: 'class-without-examples',
  order: 3,
  level: 'blocker',
  problem: {
    en: 'No training image has the label {labels}, though other splits have it.',
    ja: 'ラベル {labels} の学習用画像がありません。ほかの分割にはあります。',
  },
  cure: {
    en: 'Divide the images again so that every label is in “train”, or label more.',
    ja: 'どのラベルも「train」に入るように分割し直すか、画像を追加してください。',
  },
  link: '#/data?tool=split',
  find: (facts) => {
    if (facts.task !== 'classify' || facts.untrained || !imagesIn(facts, 'train')) return null
    const without = facts.data.classes.filter((_, i) => !facts.counts[i]!['train']).map((c) => c.name)
    return without.length ? { labels: named(without) } : null
  },
})
