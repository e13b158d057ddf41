import { defineConcern } from '../concern.ts'

export default defineConcern({
  id: 'leaked-near-copies',
  order: 3,
  level: 'warning',
  problem: {
    en: '{n} training images have a near-copy in a split that is measured: its accuracy will be too good.',
    ja: '学習用画像 {n} 枚に酷似した画像が、評価する分割にあります。精度が実際より高く出ます。',
  },
  cure: {
    en: 'Divide the images again with near-copies kept together, or leave such images out of this training.',
    ja: '酷似画像を同じ側に置いて分割し直すか、今回の学習から除いてください。',
  },
  link: '#/data?tool=split',
  find: ({ leaks }) => (leaks.near ? { n: leaks.near } : null),
})
