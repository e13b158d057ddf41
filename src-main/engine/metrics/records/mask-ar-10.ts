import { ofMasks } from '../coco-metrics.ts'

export default ofMasks(
  {
    id: 'mask-ar-10',
    order: 309,
    title: { en: 'Mask AR 10', ja: 'マスク AR 10' },
    about: {
      en: 'Share of the objects found with at most ten masks of a class per image, over IoU of 0.50 to 0.95.',
      ja: '画像ごと・クラスごとに最大 10 個のマスクで見つかった物体の割合です。IoU 0.50〜0.95 にわたって平均します。',
    },
    detail: true,
  },
  (scores) => scores.ar[10],
)
