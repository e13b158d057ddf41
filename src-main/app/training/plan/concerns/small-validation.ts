import { defineConcern } from '../concern.ts'
import { imagesIn } from '../facts.ts'
import { wilson } from '../../../../engine/metrics/index.ts'

export default defineConcern({
  id: 'small-validation',
  order: 6,
  level: 'warning',
  problem: {
    en: '“val” has {n} images: an accuracy of 80 % could as well be {low} or {high} %.',
    ja: '「val」は {n} 枚です。精度 80 % でも、実際は {low} % から {high} % の幅があります。',
  },
  cure: { en: 'Put more images into “val”, or compare several seeds.', ja: '「val」の画像を増やすか、複数の乱数シードで比べてください。' },
  link: '#/data?tool=split',
  find: (facts) => {
    const n = imagesIn(facts, 'val')
    if (!n || n >= 50 || facts.task !== 'classify') return null
    const [low, high] = wilson(Math.round(0.8 * n), n)
    return { n, low: Math.round(100 * low), high: Math.round(100 * high) }
  },
})
