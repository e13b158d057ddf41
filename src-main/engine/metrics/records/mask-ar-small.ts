import { ofMasks } from '../coco-metrics.ts'

export default ofMasks(
  {
    id: 'mask-ar-small',
    order: 311,
    title: { en: 'Mask AR small', ja: 'マスク AR（小）' },
    about: {
      en: 'Share of the objects smaller than 32² pixels found with at most 100 masks of a class per image, over IoU of 0.50 to 0.95.',
      ja: '面積が 32² ピクセルより小さい物体のうち、画像ごと・クラスごとに最大 100 個のマスクで見つかった割合です。IoU 0.50〜0.95 にわたって平均します。',
    },
    detail: true,
  },
  (scores) => scores.arBySize.small,
)
