import { ofMasks } from '../coco-metrics.ts'

export default ofMasks(
  {
    id: 'mask-ap-medium',
    order: 306,
    title: { en: 'Mask AP medium', ja: 'マスク AP（中）' },
    about: {
      en: 'Average precision of masks of objects of 32² to 96² pixels.',
      ja: '面積が 32²〜96² ピクセルの物体のマスクの平均適合率です。',
    },
    detail: true,
  },
  (scores) => scores.apBySize.medium,
)
