import { properName } from '#shared/model/words.ts'
import { defineDevice, never } from '../device.ts'

export default defineDevice({
  id: 'dml',
  order: 20,
  title: properName('DirectML'),
  about: { en: 'Any graphics card of Windows.', ja: 'Windows のグラフィックカードを使います。' },
  way: () => never({ en: 'Part of Windows only.', ja: 'Windows だけの機能です。' }),
  reference: 'https://onnxruntime.ai/docs/execution-providers/DirectML-ExecutionProvider.html',
})
