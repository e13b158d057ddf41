import { defineConcern } from '../concern.ts'
import { imagesIn } from '../facts.ts'

export default defineConcern({
  id: 'no-images',
  order: 1,
  level: 'blocker',
  problem: {
    en: 'No image to learn from: none in the split “train” has what this recipe learns from.',
    ja: '学習できる画像がありません：「train」の分割に、このレシピの学習に使えるものがある画像がありません。',
  },
  cure: { en: 'Label images and divide them into splits.', ja: '画像にラベルを付け、分割に分けてください。' },
  link: '#/data?tool=split',
  find: (facts) => (facts.untrained || imagesIn(facts, 'train') ? null : {}),
})
