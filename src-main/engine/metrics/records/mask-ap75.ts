import { ofMasks } from '../coco-metrics.ts'

export default ofMasks(
  {
    id: 'mask-ap75',
    order: 304,
    title: { en: 'Mask AP75', ja: 'マスク AP75' },
    about: {
      en: 'Average precision of masks that overlap what is there by at least three quarters (IoU 0.75).',
      ja: 'IoU 0.75 以上を正解とするマスクの平均適合率です。',
    },
  },
  (scores) => scores.ap75,
  [0.75],
)
