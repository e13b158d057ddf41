import { ofBoxes } from '../coco-metrics.ts'

export default ofBoxes(
  {
    id: 'ar-medium',
    order: 211,
    title: { en: 'AR medium', ja: 'AR（中）' },
    about: {
      en: 'Share of the objects of 32 × 32 to 96 × 96 pixels found by at most 100 boxes per class and image, over IoU of 0.50 to 0.95.',
      ja: '32 × 32〜96 × 96 ピクセルの物体のうち、画像ごと・クラスごとに最大 100 個のボックスで見つかった割合です。IoU 0.50〜0.95 にわたって平均します。',
    },
    detail: true,
  },
  (scores) => scores.arBySize.medium,
)
