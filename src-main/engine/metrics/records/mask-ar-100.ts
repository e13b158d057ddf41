import { ofMasks } from '../coco-metrics.ts'

export default ofMasks(
  {
    id: 'mask-ar-100',
    order: 310,
    title: { en: 'Mask AR 100', ja: 'マスク AR 100' },
    about: {
      en: 'Share of the objects found with at most a hundred masks of a class per image, over IoU of 0.50 to 0.95.',
      ja: '画像ごと・クラスごとに最大 100 個のマスクで見つかった物体の割合です。IoU 0.50〜0.95 にわたって平均します。',
    },
    detail: true,
  },
  (scores) => scores.ar[100],
)
