import { Eraser } from 'lucide-vue-next'
import { defineTool } from '../tool.ts'
import { brushSize } from '../tool-options.ts'
import { BrushIdle } from './brush/idle.ts'

export default defineTool({
  id: 'eraser',
  section: 'pixels',
  order: 2,
  title: { en: 'Eraser', ja: '消しゴム' },
  icon: Eraser,
  keys: ['E'],
  cursor: 'none',
  makes: [],
  options: [brushSize],
  hints: {
    idle: {
      en: 'Erases from the selected mask, or the topmost · Alt: paint',
      ja: '選択中、または一番上のマスクから消す · Alt で塗る',
    },
  },
  start: (editor) => new BrushIdle(editor, 'eraser'),
})
