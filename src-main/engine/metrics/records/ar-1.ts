import { detectionScores } from '../detection.ts'
import { defineMetric } from '../metric.ts'

export default defineMetric({
  id: 'ar-1',
  order: 207,
  title: { en: 'AR 1', ja: 'AR 1' },
  about: {
    en: 'Share of the objects found with at most one box of a class per image, over IoU of 0.50 to 0.95.',
    ja: '画像ごと・クラスごとに最大 1 個のボックスで見つかった物体の割合です。IoU 0.50〜0.95 にわたって平均します。',
  },
  citation: 'Lin et al. 2014, Microsoft COCO: Common Objects in Context, ECCV (pycocotools)',
  task: 'detect',
  better: 'higher',
  range: [0, 1],
  format: 'percent',
  compute: ({ images, classes }) => detectionScores(images, classes).ar[1],
})
