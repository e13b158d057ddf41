import { properName } from '#shared/model/words.ts'
import { defineDevice } from '../device.ts'

export default defineDevice({
  id: 'cpu',
  order: 50,
  title: properName('CPU'),
  about: {
    en: 'The processor: always there, and what the others are checked against.',
    ja: 'プロセッサーです。常に使え、他のデバイスの検算の基準になります。',
  },
  reference: 'https://onnxruntime.ai/docs/performance/tune-performance/threading.html',
  anyBatch: true,
})
