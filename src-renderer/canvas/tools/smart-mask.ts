import { MousePointerClick } from 'lucide-vue-next'
import { defineTool } from '../tool.ts'
import { SmartMaskIdle } from './smart-mask/idle.ts'

export default defineTool({
  id: 'smart-mask',
  section: 'pixels',
  order: 5,
  title: { en: 'Smart mask', ja: 'スマートマスク' },
  icon: MousePointerClick,
  keys: ['Q'],
  cursor: 'crosshair',
  makes: ['mask', 'polygon'],
  hints: {
    idle: {
      en: 'Click what you want, or drag a box round it · Q: a point at the pointer',
      ja: '対象をクリック、または枠をドラッグ · Q：ポインターの位置に点',
    },
    none: {
      en: 'No model here makes masks of points: add a folder with a SAM model',
      ja: '点からマスクを作れるモデルがありません。SAM のモデルフォルダーを追加してください',
    },
  },
  hint: ({ masks }) => (masks ? 'idle' : 'none'),
  during: {
    prompting: { keys: ['mask-include', 'mask-exclude', 'mask-next', 'confirm', 'remove-last', 'cancel'] },
    pressing: { keys: ['cancel'] },
  },
  start: (editor) => new SmartMaskIdle(editor),
})
