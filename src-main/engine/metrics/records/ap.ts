import { detectionScores } from '../detection.ts'
import { defineMetric } from '../metric.ts'

export default defineMetric({
  id: 'ap',
  order: 201,
  title: { en: 'AP', ja: 'AP' },
  about: {
    en: 'Average precision of boxes, the mean over classes and over overlaps (IoU) of 0.50 to 0.95.',
    ja: 'ボックスの平均適合率です。クラスと IoU 0.50〜0.95 にわたって平均します。',
  },
  citation: 'Lin et al. 2014, Microsoft COCO: Common Objects in Context, ECCV (pycocotools)',
  task: 'detect',
  better: 'higher',
  range: [0, 1],
  format: 'percent',
  compute: ({ images, classes }) => detectionScores(images, classes).ap,
})
