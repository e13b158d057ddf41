import { ofBoxes } from '../coco-metrics.ts'

export default ofBoxes(
  {
    id: 'ap-medium',
    order: 205,
    title: { en: 'AP medium', ja: 'AP（中）' },
    about: {
      en: 'Average precision of boxes of objects from 32 × 32 to 96 × 96 pixels.',
      ja: '32 × 32〜96 × 96 ピクセルの物体のボックスの平均適合率です。',
    },
    detail: true,
  },
  (scores) => scores.apBySize.medium,
)
