import { detectionScores } from '../detection.ts'
import { defineMetric } from '../metric.ts'

export default defineMetric({
  id: 'ap75',
  order: 203,
  title: { en: 'AP75', ja: 'AP75' },
  about: {
    en: 'Average precision of boxes that overlap the true one closely (IoU 0.75), the mean over classes.',
    ja: 'IoU 0.75 でのボックスの平均適合率をクラスにわたって平均した値です。',
  },
  citation: 'Lin et al. 2014, Microsoft COCO: Common Objects in Context, ECCV (pycocotools)',
  task: 'detect',
  better: 'higher',
  range: [0, 1],
  format: 'percent',
  compute: ({ images, classes }) => detectionScores(images, classes).ap75,
})
