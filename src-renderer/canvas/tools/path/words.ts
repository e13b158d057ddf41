/** Shared by tools that draw vertex by vertex. */
import type { ToolRecord } from '../../tool.ts'

/** Shared by tools that can also add to a polygon. */
export const addsParts = {
  part: {
    en: 'Click: a new polygon · Shift+click: add a part to the selected one · Alt+click: cut a hole',
    ja: 'クリックで新しい多角形 · Shift+クリックで選択中のものに部分を追加 · Alt+クリックで穴',
  },
} as const

export const vertexByVertex: ToolRecord['during'] = { drawing: { keys: ['confirm', 'remove-last', 'cancel'] } }
