import { existsSync } from 'node:fs'
import path from 'node:path'
import { properName } from '#shared/model/words.ts'
import { defineDevice } from '../device.ts'

export default defineDevice({
  id: 'cuda',
  order: 10,
  title: properName('CUDA'),
  about: { en: 'A graphics card of NVIDIA.', ja: 'NVIDIA のグラフィックカードを使います。' },
  reference: 'https://onnxruntime.ai/docs/execution-providers/CUDA-ExecutionProvider.html',
  // Not part of the npm package: `npm run cuda` installs it next to the other libraries.
  isThere: ({ providers, folder }) => providers.has('cuda') || existsSync(path.join(folder, 'libonnxruntime_providers_cuda.so')),
  hint: '`npm run cuda` fetches its libraries',
})
