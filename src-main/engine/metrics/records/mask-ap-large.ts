import { ofMasks } from '../coco-metrics.ts'

export default ofMasks(
  {
    id: 'mask-ap-large',
    order: 307,
    title: { en: 'Mask AP large', ja: 'マスク AP（大）' },
    about: {
      en: 'Average precision of masks of objects larger than 96² pixels.',
      ja: '面積が 96² ピクセルより大きい物体のマスクの平均適合率です。',
    },
    detail: true,
  },
  (scores) => scores.apBySize.large,
)
