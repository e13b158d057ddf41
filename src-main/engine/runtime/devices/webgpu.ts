import { existsSync } from 'node:fs'
import { properName } from '#shared/model/words.ts'
import { defineDevice } from '../device.ts'

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
  // On Linux, Dawn logs many warnings if it finds no device.
  isThere: ({ providers }) => providers.has('webgpu') && (process.platform !== 'linux' || hasGraphics()),
})
