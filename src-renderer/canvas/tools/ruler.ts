import { Ruler } from 'lucide-vue-next'
import { defineTool } from '../tool.ts'
import { RulerIdle } from './ruler/idle.ts'

export default defineTool({
  id: 'ruler',
  section: 'measure',
  order: 1,
  title: { en: 'Ruler', ja: '定規' },
  icon: Ruler,
  keys: ['M'],
  cursor: 'crosshair',
  makes: [],
  hints: {
    idle: {
      en: 'Drag to measure · Shift+drag: continue from its end, with the angle',
      ja: 'ドラッグで計測 · Shift+ドラッグ：終点から続けて角度も計測',
    },
  },
  start: (editor) => new RulerIdle(editor),
})
