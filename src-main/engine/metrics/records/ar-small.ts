import { ofBoxes } from '../coco-metrics.ts'

export default ofBoxes(
  {
    id: 'ar-small',
    order: 210,
    title: { en: 'AR small', ja: 'AR（小）' },
    about: {
      en: 'Share of the objects smaller than 32 × 32 pixels found with at most 100 boxes of a class per image, over IoU of 0.50 to 0.95.',
      ja: '32 × 32 ピクセルより小さい物体のうち、画像ごと・クラスごとに最大 100 個のボックスで見つかった割合です。IoU 0.50〜0.95 にわたって平均します。',
    },
    detail: true,
  },
  (scores) => scores.arBySize.small,
)
