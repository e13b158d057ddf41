import { detectionScores } from '../detection.ts'
import { defineMetric } from '../metric.ts'

export default defineMetric({
  id: 'ap-large',
  order: 206,
  title: { en: 'AP large', ja: 'AP（大）' },
  about: {
    en: 'Average precision of boxes of objects larger than 96 × 96 pixels.',
    ja: '96 × 96 ピクセルより大きい物体のボックスの平均適合率です。',
  },
  citation: 'Lin et al. 2014, Microsoft COCO: Common Objects in Context, ECCV (pycocotools)',
  task: 'detect',
  better: 'higher',
  range: [0, 1],
  format: 'percent',
  compute: ({ images, classes }) => detectionScores(images, classes).apBySize.large,
})
