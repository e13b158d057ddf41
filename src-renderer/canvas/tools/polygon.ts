import { Pentagon } from 'lucide-vue-next'
import { defineTool } from '../tool.ts'
import { PathIdle } from './path/idle.ts'
import { addsParts, vertexByVertex } from './path/words.ts'

export default defineTool({
  id: 'polygon',
  section: 'outline',
  order: 3,
  title: { en: 'Polygon', ja: '多角形' },
  icon: Pentagon,
  keys: ['P'],
  cursor: 'crosshair',
  makes: ['polygon'],
  hints: {
    idle: { en: 'Click vertex by vertex', ja: '頂点を順にクリック' },
    ...addsParts,
  },
  hint: ({ shape }) => (shape === 'polygon' ? 'part' : 'idle'),
  during: vertexByVertex,
  start: (editor) => new PathIdle(editor, 'polygon'),
})
