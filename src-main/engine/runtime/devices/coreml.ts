import { properName } from '#shared/model/words.ts'
import { defineDevice, never } from '../device.ts'

export default defineDevice({
  id: 'coreml',
  order: 30,
  title: properName('Core ML'),
  about: { en: 'The graphics and neural processors of a Mac.', ja: 'Mac の GPU とニューラルエンジンを使います。' },
  way: () => never({ en: 'Part of macOS only.', ja: 'macOS だけの機能です。' }),
  reference: 'https://onnxruntime.ai/docs/execution-providers/CoreML-ExecutionProvider.html',
})
