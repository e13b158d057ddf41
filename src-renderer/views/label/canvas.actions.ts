/** The canvas's tools and commands. A drawing in progress takes precedence over everything else on a key. */
import { defineActions, type Action } from '../../actions/action.ts'
import { labelling, opened } from '../../actions/when.ts'
import { commands, tools, type CanvasAction, type CanvasCommand } from '../../canvas/index.ts'
import { useAgreement } from '../../stores/agreement.ts'
import { useClassify } from '../../stores/classify.ts'
import { useGrounding } from '../../stores/grounding.ts'
import { useOpenImage } from '../../stores/open-image.ts'

const rank = 2

/** Only proposals are selected and nothing is in progress: cancelling rejects them. */
function judging(): boolean {
  const { editor } = useOpenImage()
  const { selected } = editor
  return (
    editor.state.path.endsWith('.idle') &&
    useGrounding().words === null &&
    selected.length > 0 &&
    selected.every((r) => r.state === 'proposed')
  )
}
/** Undoes or redoes steps of a drawing in progress first, then those of the journal. */
function turn(how: 'undo' | 'redo'): void {
  const [openImage, classify, agreement] = [useOpenImage(), useClassify(), useAgreement()]
  if (labelling() && openImage.editor.execute(how)) return
  void (classify.working ? classify : agreement.working ? agreement : openImage).turn(how)
}
const isOnCanvas = () => document.activeElement?.getAttribute('role') === 'application'
function actionOf(id: CanvasCommand): Action {
  const { run: _, tool, focused, ...said } = commands[id]
  if (id === 'undo' || id === 'redo') return { id, ...said, rank, available: opened, run: () => turn(id) }
  return {
    id,
    ...said,
    rank: tool ? rank + 1 : rank,
    available: () => labelling() && (!tool || useOpenImage().tool === tool) && (!focused || isOnCanvas()),
    run: () => (id === 'cancel' && judging() ? false : useOpenImage().editor.execute(id)),
  }
}

export default defineActions(30, [
  ...tools.map(({ id, title, keys }): Action => {
    const action: CanvasAction = `tool-${id}`
    return { id: action, group: 'tools', title, keys, rank, available: labelling, run: () => useOpenImage().editor.execute(action) }
  }),
  ...(Object.keys(commands) as CanvasCommand[]).map(actionOf),
])
