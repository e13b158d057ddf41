import { defineDevice } from '../device.ts'

export default defineDevice({
  id: 'auto',
  order: 0,
  title: { en: 'Automatic', ja: '自動' },
  about: {
    en: 'The first of the others that computes correctly here and is faster than the CPU.',
    ja: '正しく計算でき、CPU より速い最初のデバイスを選びます。',
  },
  reference: 'https://onnxruntime.ai/docs/execution-providers/',
  chooses: true,
})
