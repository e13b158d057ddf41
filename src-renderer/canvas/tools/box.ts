import { Square } from 'lucide-vue-next'
import { defineTool } from '../tool.ts'
import { BoxIdle } from './box/idle.ts'

export default defineTool({
  id: 'box',
  section: 'outline',
  order: 1,
  title: { en: 'Box', ja: '矩形' },
  icon: Square,
  keys: ['R'],
  cursor: 'crosshair',
  makes: ['box'],
  hints: {
    idle: {
      en: 'Drag, or click two corners · Shift: square',
      ja: 'ドラッグ、または 2 つの角をクリック · Shift で正方形',
    },
  },
  during: { drawing: { keys: ['cancel'] } },
  start: (editor) => new BoxIdle(editor),
})
