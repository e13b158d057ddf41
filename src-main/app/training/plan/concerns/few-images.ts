import { FEW_IMAGES } from '#shared/model/usual-shares.ts'
import { defineConcern } from '../concern.ts'
import { imagesIn } from '../facts.ts'

export default defineConcern({
  id: 'few-images',
  order: 10,
  level: 'warning',
  problem: {
    en: '{n} training images in all: any recipe that trains the model itself will learn them by heart.',
    ja: '学習用画像は全部で {n} 枚です。モデル自体を学習するレシピでは丸暗記になります。',
  },
  cure: {
    en: 'Take zero-shot or the linear probe, and look at the pictures it gets wrong rather than at the figures.',
    ja: 'ゼロショットか線形プローブを使い、数値よりも間違えた画像を見てください。',
  },
  find: (facts) => {
    const n = imagesIn(facts, 'train')
    return facts.task === 'classify' && !facts.untrained && n > 0 && n < FEW_IMAGES ? { n } : null
  },
})
