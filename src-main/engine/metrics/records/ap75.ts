import { properName } from '#shared/model/words.ts'
import { ofBoxes } from '../coco-metrics.ts'

export default ofBoxes(
  {
    id: 'ap75',
    order: 203,
    title: properName('AP75'),
    about: {
      en: 'Average precision of boxes that overlap the true one closely (IoU 0.75), the mean over classes.',
      ja: 'IoU 0.75 でのボックスの平均適合率をクラスにわたって平均した値です。',
    },
  },
  (scores) => scores.ap75,
  [0.75],
)
