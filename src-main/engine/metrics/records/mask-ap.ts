import { THRESHOLDS } from '../coco.ts'
import { ofMasks } from '../coco-metrics.ts'

export default ofMasks(
  {
    id: 'mask-ap',
    order: 302,
    title: { en: 'Mask AP', ja: 'マスク AP' },
    about: {
      en: 'Average precision of masks, the mean over classes and over overlaps (IoU) of 0.50 to 0.95.',
      ja: 'マスクの平均適合率です。クラスと IoU 0.50〜0.95 にわたって平均します。',
    },
  },
  (scores) => scores.ap,
  THRESHOLDS,
)
