import { defineConcern } from '../concern.ts'
import { testsIn } from '../facts.ts'

export default defineConcern({
  id: 'no-ood',
  order: 1,
  level: 'note',
  problem: {
    en: 'No images from elsewhere (split “ood”): how well it does on other kinds of pictures is not measured.',
    ja: '別の環境の画像（「ood」の分割）がありません。ほかの種類の画像での性能は測られません。',
  },
  cure: {
    en: 'Add pictures from another source as a split of their own, if the model will meet such.',
    ja: 'そうした画像に使うなら、別の出所の画像を独立した分割として加えてください。',
  },
  link: '#/data',
  find: (facts) => (testsIn(facts).some((s) => /ood/i.test(s)) ? null : {}),
})
