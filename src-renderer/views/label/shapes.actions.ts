/** Conversion of regions by a model, and simpler outlines. */
import { defineActions } from '../../actions/action.ts'
import { failing, labelling } from '../../actions/when.ts'
import { useOpenImage } from '../../stores/open-image.ts'
import { useSimplify } from '../../stores/simplify.ts'
import { useSmartMask } from '../../stores/smart-mask.ts'

export default defineActions(33, [
  {
    id: 'convert-by-model',
    title: { en: 'Convert to mask by model', ja: 'モデルでマスクに変換' },
    group: 'edit',
    available: () => labelling() && useSmartMask().model !== null && useOpenImage().editor.editable.length > 0,
    run: () => failing(useSmartMask().convert()),
  },
  {
    id: 'simplify',
    title: { en: 'Simplify outlines …', ja: '輪郭を簡略化 …' },
    group: 'edit',
    available: () => labelling() && useSimplify().regions.length > 0,
    run: () => document.querySelector<HTMLElement>('[data-simplify]')?.focus(),
  },
])
