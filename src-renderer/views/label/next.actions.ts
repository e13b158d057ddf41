/** From a checkpoint to the labels that it lacks, and back. */
import { defineActions } from '../../actions/action.ts'
import { failing, opened } from '../../actions/when.ts'
import { useClassify } from '../../stores/classify.ts'
import { useNext } from '../../stores/next.ts'
import { useRuns } from '../../stores/runs.ts'
import { useShell } from '../../stores/shell.ts'

/** The checkpoints that the room is about: of the run shown, or those compared. */
function meant(): { model: string | null; other: string | null } {
  const [runs, { room }] = [useRuns(), useShell()]
  if (room === 'compare') return { model: runs.compared[0] ?? null, other: runs.compared[1] ?? null }
  const trained = runs.runs.filter((r) => r.kind === 'train')
  return { model: (trained.find((r) => r.id === runs.shown) ?? trained[0])?.model ?? null, other: null }
}

export default defineActions(73, [
  {
    id: 'label-next',
    title: { en: 'Label what it gets wrong …', ja: '間違えるものにラベルを付ける…' },
    keys: ['Shift+W'],
    group: 'models',
    available: () => opened() && ['train', 'compare'].includes(useShell().room) && meant().model !== null,
    run: () => useNext().ask(meant().model, meant().other),
  },
  {
    id: 'choose-next',
    title: { en: 'Choose what to label next …', ja: '次にラベルを付ける画像を選ぶ…' },
    group: 'models',
    available: opened,
    run: () => useNext().ask(meant().model),
  },
  {
    id: 'retrain',
    title: { en: 'Train again on the new labels', ja: '新しいラベルで再学習' },
    keys: ['Ctrl+Shift+F'],
    group: 'models',
    available: opened,
    run: () => failing(useNext().retrain()),
  },
  {
    id: 'take-guess',
    title: { en: 'Take the model’s class instead', ja: 'モデルのクラスに変える' },
    keys: ['Ctrl+Enter'],
    group: 'label',
    rank: 0.5, // after a caption in progress, before all proposals
    available: () => useClassify().rival !== null,
    run: () => useClassify().choose(useClassify().rival!.labelId),
  },
])
