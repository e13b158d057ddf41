import { ofMasks } from '../coco-metrics.ts'

export default ofMasks(
  {
    id: 'mask-ar-1',
    order: 308,
    title: { en: 'Mask AR 1', ja: 'マスク AR 1' },
    about: {
      en: 'Share of the objects found with at most one mask of a class per image, over IoU of 0.50 to 0.95.',
      ja: '画像ごと・クラスごとに最大 1 個のマスクで見つかった物体の割合です。IoU 0.50〜0.95 にわたって平均します。',
    },
    detail: true,
  },
  (scores) => scores.ar[1],
)
