import { Spline } from 'lucide-vue-next'
import { defineTool } from '../tool.ts'
import { PathIdle } from './path/idle.ts'
import { vertexByVertex } from './path/words.ts'

export default defineTool({
  id: 'polyline',
  section: 'outline',
  order: 4,
  title: { en: 'Polyline', ja: '折れ線' },
  icon: Spline,
  keys: ['Shift+P'],
  cursor: 'crosshair',
  makes: ['polyline'],
  hints: {
    idle: { en: 'Click vertex by vertex', ja: '頂点を順にクリック' },
  },
  during: vertexByVertex,
  start: (editor) => new PathIdle(editor, 'polyline'),
})
