import { defineConcern } from '../concern.ts'
import { imagesIn, testsIn } from '../facts.ts'

export default defineConcern({
  id: 'no-test',
  order: 2,
  level: 'note',
  problem: {
    en: 'Besides “val”, on which settings are chosen, no images are measured.',
    ja: '設定を選ぶ「val」のほかに評価する画像がありません。',
  },
  cure: {
    en: 'Keep a split that is never looked at, such as “test”, before you report a figure.',
    ja: '数値を報告する前に、一度も見ない分割（「test」など）を用意してください。',
  },
  link: '#/data?tool=split',
  find: (facts) => (imagesIn(facts, 'val') && !testsIn(facts).length ? {} : null),
})
