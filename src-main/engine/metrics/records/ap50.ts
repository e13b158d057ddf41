import { detectionScores } from '../detection.ts'
import { defineMetric } from '../metric.ts'

export default defineMetric({
  id: 'ap50',
  order: 202,
  title: { en: 'AP50', ja: 'AP50' },
  about: {
    en: 'Average precision of boxes that overlap the true one by half (IoU 0.50), the mean over classes.',
    ja: 'IoU 0.50 でのボックスの平均適合率をクラスにわたって平均した値です。',
  },
  citation: 'Lin et al. 2014, Microsoft COCO: Common Objects in Context, ECCV (pycocotools)',
  task: 'detect',
  better: 'higher',
  range: [0, 1],
  format: 'percent',
  compute: ({ images, classes }) => detectionScores(images, classes).ap50,
})
