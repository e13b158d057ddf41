import { properName } from '#shared/model/words.ts'
import { THRESHOLDS } from '../coco.ts'
import { ofBoxes } from '../coco-metrics.ts'

export default ofBoxes(
  {
    id: 'ap',
    order: 201,
    title: properName('AP'),
    about: {
      en: 'Average precision of boxes, the mean over classes and over overlaps (IoU) of 0.50 to 0.95.',
      ja: 'ボックスの平均適合率です。クラスと IoU 0.50〜0.95 にわたって平均します。',
    },
  },
  (scores) => scores.ap,
  THRESHOLDS,
)
