import { properName } from '#shared/model/words.ts'
import { ofBoxes } from '../coco-metrics.ts'

export default ofBoxes(
  {
    id: 'ar-100',
    order: 209,
    title: properName('AR 100'),
    about: {
      en: 'Share of the objects found with at most a hundred boxes of a class per image, over IoU of 0.50 to 0.95.',
      ja: '画像ごと・クラスごとに最大 100 個のボックスで見つかった物体の割合です。IoU 0.50〜0.95 にわたって平均します。',
    },
    detail: true,
  },
  (scores) => scores.ar[100],
)
