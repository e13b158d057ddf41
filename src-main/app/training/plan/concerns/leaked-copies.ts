import { defineConcern } from '../concern.ts'

export default defineConcern({
  id: 'leaked-copies',
  order: 2,
  level: 'warning',
  problem: {
    en: '{n} training images are also, byte for byte, in a split that is measured: its accuracy will be too good.',
    ja: '学習用画像 {n} 枚と同じファイルが、評価する分割にもあります。精度が実際より高く出ます。',
  },
  cure: {
    en: 'Divide the images again with copies kept together, or leave such images out of this training.',
    ja: 'コピーを同じ側に置いて分割し直すか、今回の学習から除いてください。',
  },
  link: '#/data?tool=split',
  find: ({ leaks }) => (leaks.exact ? { n: leaks.exact } : null),
})
