import { Hand } from 'lucide-vue-next'
import { defineTool } from '../tool.ts'
import { ToolState } from '../tool-state.ts'

/** The editor itself handles panning for any tool; this one does nothing else. */
class PanIdle extends ToolState {
  readonly path = 'pan.idle'
}

export default defineTool({
  id: 'pan',
  section: 'look',
  order: 2,
  title: { en: 'Pan', ja: '移動' },
  icon: Hand,
  keys: ['G'],
  cursor: 'grab',
  makes: [],
  hints: {},
  hint: () => null,
  start: (editor) => new PanIdle(editor),
})
