import { properName } from '#shared/model/words.ts'
import { defineDevice } from '../device.ts'

export default defineDevice({
  id: 'coreml',
  order: 30,
  title: properName('Core ML'),
  about: { en: 'The graphics and neural processors of a Mac.', ja: 'Mac の GPU とニューラルエンジンを使います。' },
  reference: 'https://onnxruntime.ai/docs/execution-providers/CoreML-ExecutionProvider.html',
})
