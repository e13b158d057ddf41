import { existsSync } from 'node:fs'
import path from 'node:path'
import { properName } from '#shared/model/words.ts'
import { defineDevice, never } from '../device.ts'

export default defineDevice({
  id: 'cuda',
  order: 10,
  title: properName('CUDA'),
  about: { en: 'A graphics card of NVIDIA.', ja: 'NVIDIA のグラフィックカードを使います。' },
  reference: 'https://onnxruntime.ai/docs/execution-providers/CUDA-ExecutionProvider.html',
  // Not part of the npm package: `npm run cuda` installs it next to the other libraries.
  isThere: ({ providers, folder }) => providers.has('cuda') || existsSync(path.join(folder, 'libonnxruntime_providers_cuda.so')),
  hint: '`npm run cuda` fetches its libraries',
  way({ platform, arch, installation, graphics }) {
    if (platform !== 'linux' || arch !== 'x64')
      return never({
        en: 'For Node, onnxruntime has CUDA on Linux x64 only. Here an NVIDIA card can be used through another device of this list.',
        ja: 'Node 用の onnxruntime が CUDA に対応するのは Linux x64 だけです。NVIDIA のカードは、この一覧の他のデバイスで使えます。',
      })
    if (!graphics.some((name) => /nvidia/i.test(name)))
      return never({ en: 'No NVIDIA card was found in this machine.', ja: 'このマシンに NVIDIA のカードは見つかりません。' })
    if (installation === 'desktop')
      return never({
        en: 'The desktop package has no CUDA: run Dashi from its sources, or from npm, for it. WebGPU uses the same card.',
        ja: 'デスクトップ版に CUDA は含まれません。ソースまたは npm から実行してください。WebGPU でも同じカードを使えます。',
      })
    return {
      possible: true,
      what: {
        en: 'Fetches libraries for CUDA 12 from NuGet, since the npm registry has none. They need NVIDIA’s driver, CUDA 12 and cuDNN 9.',
        ja: 'onnxruntime の CUDA 12 用ライブラリを NuGet から取得します（npm レジストリにはありません）。NVIDIA のドライバー、CUDA 12、cuDNN 9 が必要です。',
      },
      command: installation === 'source' ? 'npm run cuda' : 'ONNXRUNTIME_NODE_INSTALL=cuda12 npm rebuild onnxruntime-node',
    }
  },
})
