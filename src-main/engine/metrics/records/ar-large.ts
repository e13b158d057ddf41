import { ofBoxes } from '../coco-metrics.ts'

export default ofBoxes(
  {
    id: 'ar-large',
    order: 212,
    title: { en: 'AR large', ja: 'AR（大）' },
    about: {
      en: 'Share of the objects larger than 96 × 96 pixels found with at most 100 boxes of a class per image, over IoU of 0.50 to 0.95.',
      ja: '96 × 96 ピクセルより大きい物体のうち、画像ごと・クラスごとに最大 100 個のボックスで見つかった割合です。IoU 0.50〜0.95 にわたって平均します。',
    },
    detail: true,
  },
  (scores) => scores.arBySize.large,
)
