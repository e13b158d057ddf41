import { maskScores } from '../segmentation.ts'
import { defineMetric } from '../metric.ts'

export default defineMetric({
  id: 'mask-ap75',
  order: 304,
  title: { en: 'Mask AP75', ja: 'マスク AP75' },
  about: {
    en: 'Average precision of masks that overlap what is there by at least three quarters (IoU 0.75).',
    ja: 'IoU 0.75 以上を正解とするマスクの平均適合率です。',
  },
  citation: 'Lin et al. 2014, Microsoft COCO: Common Objects in Context, ECCV (pycocotools)',
  task: 'segment',
  better: 'higher',
  range: [0, 1],
  format: 'percent',
  compute: ({ images, classes }) => maskScores(images, classes).ap75,
})
