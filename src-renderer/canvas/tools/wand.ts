import { WandSparkles } from 'lucide-vue-next'
import { defineTool } from '../tool.ts'
import { tolerance } from '../tool-options.ts'
import { WandIdle } from './wand/idle.ts'

export default defineTool({
  id: 'wand',
  section: 'pixels',
  order: 3,
  title: { en: 'Magic wand', ja: '自動選択' },
  icon: WandSparkles,
  keys: ['W'],
  cursor: 'crosshair',
  makes: ['mask'],
  options: [tolerance],
  hints: {
    idle: {
      en: 'Click a colour, drag sideways for tolerance · Shift: add to the selected mask · Alt: subtract',
      ja: '色をクリック、横にドラッグで許容差 · Shift で選択中のマスクに追加 · Alt で除く',
    },
  },
  start: (editor) => new WandIdle(editor),
})
