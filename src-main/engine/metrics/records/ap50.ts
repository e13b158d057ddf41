import { properName } from '#shared/model/words.ts'
import { ofBoxes } from '../coco-metrics.ts'

export default ofBoxes(
  {
    id: 'ap50',
    order: 202,
    title: properName('AP50'),
    about: {
      en: 'Average precision of boxes that overlap the true one by half (IoU 0.50), the mean over classes.',
      ja: 'IoU 0.50 でのボックスの平均適合率をクラスにわたって平均した値です。',
    },
  },
  (scores) => scores.ap50,
  [0.5],
)
