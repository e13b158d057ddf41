import { ofMasks } from '../coco-metrics.ts'

export default ofMasks(
  {
    id: 'mask-ap50',
    order: 303,
    title: { en: 'Mask AP50', ja: 'マスク AP50' },
    about: {
      en: 'Average precision of masks that overlap what is there by at least half (IoU 0.50).',
      ja: 'IoU 0.50 以上を正解とするマスクの平均適合率です。',
    },
  },
  (scores) => scores.ap50,
  [0.5],
)
