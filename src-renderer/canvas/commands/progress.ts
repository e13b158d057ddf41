/** The tool's state handles these keys first (`tool-state.ts`); these commands run only if nothing was in progress. */
import { menuTitle } from '#shared/locales/index.ts'
import { defineCommands, type Run } from '../command.ts'

const nothing: Run = () => false

export const progress = defineCommands({
  undo: {
    group: 'edit',
    title: menuTitle('undo'),
    keys: ['Ctrl+Z'],
    run: nothing,
  },
  redo: {
    group: 'edit',
    title: menuTitle('redo'),
    keys: ['Ctrl+Shift+Z', 'Ctrl+Y'],
    run: nothing,
  },
  confirm: {
    group: 'edit',
    title: { en: 'Finish the shape', ja: '図形を確定' },
    keys: ['Enter'],
    run: nothing,
  },
  cancel: {
    group: 'edit',
    title: { en: 'Cancel or deselect', ja: '中止・選択解除' },
    keys: ['Escape'],
    run(editor) {
      const had = editor.selection.length > 0
      editor.setSelection([])
      return had
    },
  },
  'remove-last': {
    group: 'edit',
    title: { en: 'Remove the last vertex', ja: '最後の頂点を削除' },
    keys: ['Backspace'],
    run: nothing,
  },
  'mask-include': {
    group: 'edit',
    title: { en: 'Smart mask: what is here belongs to it', ja: 'スマートマスク：ここを含める' },
    keys: ['Q'],
    tool: 'smart-mask',
    run: nothing,
  },
  'mask-exclude': {
    group: 'edit',
    title: { en: 'Smart mask: what is here does not', ja: 'スマートマスク：ここを除く' },
    keys: ['E'],
    tool: 'smart-mask',
    run: nothing,
  },
  'mask-next': {
    group: 'edit',
    title: { en: 'Smart mask: next candidate', ja: 'スマートマスク：次の候補' },
    keys: ['Tab'],
    tool: 'smart-mask',
    focused: true,
    run: nothing,
  },
  'mask-previous': {
    group: 'edit',
    title: { en: 'Smart mask: previous candidate', ja: 'スマートマスク：前の候補' },
    keys: ['Shift+Tab'],
    tool: 'smart-mask',
    focused: true,
    run: nothing,
  },
})

export const toolChoice = defineCommands({
  'tool-last': {
    group: 'tools',
    title: { en: 'Previous tool', ja: '直前のツール' },
    keys: ['N'],
    run(editor) {
      editor.setTool(editor.lastTool)
      return true
    },
  },
})
