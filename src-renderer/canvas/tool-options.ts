import type { ToolOption } from './tool.ts'

/** In image pixels. */
export const brushSize: ToolOption = { setting: 'brushSize', title: { en: 'Brush size', ja: 'ブラシの大きさ' }, min: 1, max: 256 }
/** Largest difference in any channel, 0 to 255. */
export const tolerance: ToolOption = {
  setting: 'tolerance',
  title: {
    en: 'Wand tolerance',
    ja: '自動選択の許容値',
  },
  min: 0,
  max: 128,
}
