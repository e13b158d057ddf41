import { Scissors } from 'lucide-vue-next'
import { defineTool } from '../tool.ts'
import { PathIdle } from './path/idle.ts'
import { addsParts, vertexByVertex } from './path/words.ts'

export default defineTool({
  id: 'scissors',
  section: 'pixels',
  order: 4,
  title: { en: 'Intelligent scissors', ja: 'インテリジェントはさみ' },
  icon: Scissors,
  keys: ['S'],
  cursor: 'crosshair',
  makes: ['polygon'],
  hints: {
    idle: { en: 'Click along an outline: the line follows its edges', ja: '輪郭に沿ってクリックすると線が縁をたどる' },
    ...addsParts,
  },
  hint: ({ shape }) => (shape === 'polygon' ? 'part' : 'idle'),
  during: vertexByVertex,
  start: (editor) => new PathIdle(editor, 'scissors'),
})
