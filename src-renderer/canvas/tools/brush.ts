import { Brush } from 'lucide-vue-next'
import { defineTool } from '../tool.ts'
import { brushSize } from '../tool-options.ts'
import { BrushIdle } from './brush/idle.ts'

export default defineTool({
  id: 'brush',
  section: 'pixels',
  order: 1,
  title: { en: 'Brush', ja: 'ブラシ' },
  icon: Brush,
  keys: ['B'],
  cursor: 'none',
  makes: ['mask'],
  options: [brushSize],
  hints: {
    idle: { en: 'Paint a new mask · Alt: erase', ja: '新しいマスクを塗る · Alt で消す' },
    onMask: {
      en: 'Paints on the selected mask · Alt: erase · Esc, then paint: a new mask',
      ja: '選択中のマスクに塗る · Alt で消す · Esc の後に塗ると新しいマスク',
    },
  },
  hint: ({ shape }) => (shape === 'mask' ? 'onMask' : 'idle'),
  start: (editor) => new BrushIdle(editor, 'brush'),
})
