import { ofMasks } from '../coco-metrics.ts'

export default ofMasks(
  {
    id: 'mask-ar-large',
    order: 313,
    title: { en: 'Mask AR large', ja: 'マスク AR（大）' },
    about: {
      en: 'Share of the objects larger than 96² pixels found with at most 100 masks of a class per image, over IoU of 0.50 to 0.95.',
      ja: '面積が 96² ピクセルより大きい物体のうち、画像ごと・クラスごとに最大 100 個のマスクで見つかった割合です。IoU 0.50〜0.95 にわたって平均します。',
    },
    detail: true,
  },
  (scores) => scores.arBySize.large,
)
