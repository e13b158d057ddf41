import { detectionScores } from '../detection.ts'
import { defineMetric } from '../metric.ts'

export default defineMetric({
  id: 'ap-medium',
  order: 205,
  title: { en: 'AP medium', ja: 'AP（中）' },
  about: {
    en: 'Average precision of boxes of objects from 32 × 32 to 96 × 96 pixels.',
    ja: '32 × 32〜96 × 96 ピクセルの物体のボックスの平均適合率です。',
  },
  citation: 'Lin et al. 2014, Microsoft COCO: Common Objects in Context, ECCV (pycocotools)',
  task: 'detect',
  better: 'higher',
  range: [0, 1],
  format: 'percent',
  compute: ({ images, classes }) => detectionScores(images, classes).apBySize.medium,
})
