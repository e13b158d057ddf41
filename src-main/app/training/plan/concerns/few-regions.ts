import { FEW_IMAGES } from '#shared/model/usual-shares.ts'
import { defineConcern } from '../concern.ts'
import { imagesIn } from '../facts.ts'

/** As few-images, where there is no linear probe to fall back on. */
export default defineConcern({
  id: 'few-regions',
  order: 10,
  level: 'warning',
  problem: {
    en: '{n} training images in all: the model will learn them by heart.',
    ja: '学習用画像は全部で {n} 枚です。モデルは丸暗記します。',
  },
  cure: {
    en: 'Label more images, and look at the pictures it gets wrong rather than at the figures.',
    ja: 'ラベル付きの画像を増やし、数値よりも間違えた画像を見てください。',
  },
  find: (facts) => {
    const n = imagesIn(facts, 'train')
    return facts.task !== 'classify' && n > 0 && n < FEW_IMAGES ? { n } : null
  },
})
