import { existsSync } from 'node:fs'
import { properName } from '#shared/model/words.ts'
import { defineDevice, never } from '../device.ts'

/** A graphics device file, or an explicitly configured Vulkan driver. */
const hasGraphics = () =>
  ['/dev/dri', '/dev/nvidia0', '/dev/dxg', '/dev/kfd'].some((file) => existsSync(file)) ||
  Boolean(process.env['VK_ICD_FILENAMES'] ?? process.env['VK_DRIVER_FILES'])

export default defineDevice({
  id: 'webgpu',
  order: 40,
  title: properName('WebGPU'),
  about: { en: 'A graphics card through Vulkan, Metal or Direct3D.', ja: 'Vulkan・Metal・Direct3D を通じて GPU を使います。' },
  reference: 'https://onnxruntime.ai/docs/execution-providers/WebGPU-ExecutionProvider.html',
  keepsTensors: true,
  way({ platform, graphics, has }) {
    if (platform !== 'linux')
      return never({
        en: 'onnxruntime has it for this system only with a current graphics driver: update the driver.',
        ja: '最新のグラフィックドライバーが必要です。ドライバーを更新してください。',
      })
    if (!graphics.length)
      return never({
        en: 'No graphics card can be seen from here: there is none, or it was not passed on to this container or virtual machine.',
        ja: 'グラフィックカードが見えません。カードがないか、このコンテナや仮想マシンに渡されていません。',
      })
    return {
      possible: true,
      what: {
        en: 'Needs the Vulkan loader and a Vulkan driver. NVIDIA’s driver brings one; for AMD and Intel there is Mesa.',
        ja: 'Vulkan のローダーとドライバーが必要です。NVIDIA ではドライバーに含まれ、AMD と Intel では Mesa を使います。',
      },
      command: has('apt-get') ? 'sudo apt-get install libvulkan1 mesa-vulkan-drivers' : null,
    }
  },
  // On Linux, Dawn logs many warnings if it finds no device.
  isThere: ({ providers }) => providers.has('webgpu') && (process.platform !== 'linux' || hasGraphics()),
})
