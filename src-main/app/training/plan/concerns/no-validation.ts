import { defineConcern } from '../concern.ts'
import { imagesIn } from '../facts.ts'

export default defineConcern({
  id: 'no-validation',
  order: 5,
  level: 'warning',
  problem: {
    en: 'No image is in the split “val”: settings are chosen on the training images, and nothing tells when to stop.',
    ja: '「val」の分割に画像がありません。設定は学習用画像そのもので選ばれ、学習しすぎても分かりません。',
  },
  cure: { en: 'Put a fifth of the images into “val”.', ja: '画像の 2 割ほどを「val」に入れてください。' },
  link: '#/data?tool=split',
  find: (facts) => (facts.untrained || !imagesIn(facts, 'train') || imagesIn(facts, 'val') ? null : {}),
})
