import { maskScores } from '../segmentation.ts'
import { defineMetric } from '../metric.ts'

export default defineMetric({
  id: 'mask-ap',
  order: 302,
  title: { en: 'Mask AP', ja: 'マスク AP' },
  about: {
    en: 'Average precision of masks, the mean over classes and over overlaps (IoU) of 0.50 to 0.95.',
    ja: 'マスクの平均適合率です。クラスと IoU 0.50〜0.95 にわたって平均します。',
  },
  citation: 'Lin et al. 2014, Microsoft COCO: Common Objects in Context, ECCV (pycocotools)',
  task: 'segment',
  better: 'higher',
  range: [0, 1],
  format: 'percent',
  compute: ({ images, classes }) => maskScores(images, classes).ap,
})
