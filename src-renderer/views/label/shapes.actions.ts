/** Conversion of regions by a model, and simpler outlines. */
import { defineActions } from '../../actions/action.ts'
import { chosenImages } from '../../actions/bulk.ts'
import { failing, labelling, opened } from '../../actions/when.ts'
import { useBoxMasks } from '../../stores/box-masks.ts'
import { useGallery } from '../../stores/gallery.ts'
import { useOpenImage } from '../../stores/open-image.ts'
import { useSimplify } from '../../stores/simplify.ts'
import { useSmartMask } from '../../stores/smart-mask.ts'
import { useProposalQueue } from '../../stores/proposal-queue.ts'
import { useToasts } from '../../stores/toasts.ts'

/** Of the selected images, of the open one, or of all that are shown; then they can be reviewed one by one. */
async function maskBoxes(): Promise<void> {
  const toasts = useToasts()
  const report = await useBoxMasks().start(chosenImages())
  if (!report) return
  const [count, review] = [report.proposals, () => failing(useProposalQueue().begin('uncertain', {}))]
  if (count) toasts.done('masks.made', { count, n: count }, { key: 'prompt.review', run: review })
  else toasts.say(report.boxes ? 'masks.noneMade' : 'masks.noBoxes')
}

export default defineActions(33, [
  {
    id: 'convert-by-model',
    title: { en: 'Convert to mask by model', ja: 'モデルでマスクに変換' },
    group: 'edit',
    available: () => labelling() && useSmartMask().possible && useOpenImage().editor.editable.length > 0,
    run: () => failing(useSmartMask().convert()),
  },
  {
    id: 'mask-boxes',
    title: { en: 'Propose masks of the boxes of the images', ja: '画像のボックスからマスクを提案' },
    group: 'images',
    available: () => opened() && useSmartMask().possible && useGallery().ids.length > 0,
    run: () => failing(maskBoxes()),
  },
  {
    id: 'simplify',
    title: { en: 'Simplify outlines …', ja: '輪郭を簡略化 …' },
    group: 'edit',
    available: () => labelling() && useSimplify().regions.length > 0,
    run: () => document.querySelector<HTMLElement>('[data-simplify]')?.focus(),
  },
])
