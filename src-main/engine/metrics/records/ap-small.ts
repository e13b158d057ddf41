import { detectionScores } from '../detection.ts'
import { defineMetric } from '../metric.ts'

export default defineMetric({
  id: 'ap-small',
  order: 204,
  title: { en: 'AP small', ja: 'AP（小）' },
  about: {
    en: 'Average precision of boxes of objects smaller than 32 × 32 pixels.',
    ja: '32 × 32 ピクセルより小さい物体のボックスの平均適合率です。',
  },
  citation: 'Lin et al. 2014, Microsoft COCO: Common Objects in Context, ECCV (pycocotools)',
  task: 'detect',
  better: 'higher',
  range: [0, 1],
  format: 'percent',
  compute: ({ images, classes }) => detectionScores(images, classes).apBySize.small,
})
