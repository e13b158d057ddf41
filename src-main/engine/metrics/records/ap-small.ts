import { ofBoxes } from '../coco-metrics.ts'

export default ofBoxes(
  {
    id: 'ap-small',
    order: 204,
    title: { en: 'AP small', ja: 'AP（小）' },
    about: {
      en: 'Average precision of boxes of objects smaller than 32 × 32 pixels.',
      ja: '32 × 32 ピクセルより小さい物体のボックスの平均適合率です。',
    },
    detail: true,
  },
  (scores) => scores.apBySize.small,
)
