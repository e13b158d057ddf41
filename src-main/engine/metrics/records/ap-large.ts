import { ofBoxes } from '../coco-metrics.ts'

export default ofBoxes(
  {
    id: 'ap-large',
    order: 206,
    title: { en: 'AP large', ja: 'AP（大）' },
    about: {
      en: 'Average precision of boxes of objects larger than 96 × 96 pixels.',
      ja: '96 × 96 ピクセルより大きい物体のボックスの平均適合率です。',
    },
    detail: true,
  },
  (scores) => scores.apBySize.large,
)
