import { maskScores } from '../segmentation.ts'
import { defineMetric } from '../metric.ts'

export default defineMetric({
  id: 'mask-ap50',
  order: 303,
  title: { en: 'Mask AP50', ja: 'マスク AP50' },
  about: {
    en: 'Average precision of masks that overlap what is there by at least half (IoU 0.50).',
    ja: 'IoU 0.50 以上を正解とするマスクの平均適合率です。',
  },
  citation: 'Lin et al. 2014, Microsoft COCO: Common Objects in Context, ECCV (pycocotools)',
  task: 'segment',
  better: 'higher',
  range: [0, 1],
  format: 'percent',
  compute: ({ images, classes }) => maskScores(images, classes).ap50,
})
