import { ofMasks } from '../coco-metrics.ts'

export default ofMasks(
  {
    id: 'mask-ap-small',
    order: 305,
    title: { en: 'Mask AP small', ja: 'マスク AP（小）' },
    about: {
      en: 'Average precision of masks of objects smaller than 32² pixels.',
      ja: '面積が 32² ピクセルより小さい物体のマスクの平均適合率です。',
    },
    detail: true,
  },
  (scores) => scores.apBySize.small,
)
