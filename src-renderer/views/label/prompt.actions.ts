/** The prompt bar, and the ghosts of what a model found on the open image. */
import { defineActions } from '../../actions/action.ts'
import { failing, labelling } from '../../actions/when.ts'
import { useGhosts } from '../../stores/ghosts.ts'
import { useOpenImage } from '../../stores/open-image.ts'
import { usePrompt } from '../../stores/prompt.ts'

const shown = () => labelling() && usePrompt().active && useGhosts().shown.length > 0
const selected = () => shown() && useGhosts().selected.length > 0
const focus = () => document.querySelector<HTMLElement>('[data-prompt-words] input')?.focus()
/** The region or ghost that others are to be like. */
const model = () => {
  const { selected } = useOpenImage().editor
  return selected.length === 1 ? selected[0]! : undefined
}

export default defineActions(51, [
  {
    id: 'prompt',
    title: { en: 'Find by words', ja: '言葉で探す' },
    keys: ['Shift+Z'],
    group: 'label',
    available: labelling,
    run() {
      if (usePrompt().active) focus()
      else usePrompt().open()
    },
  },
  {
    id: 'focus-prompt',
    title: { en: 'Type what to find', ja: '探すものを入力' },
    group: 'label',
    available: () => labelling() && usePrompt().active,
    run: focus,
  },
  {
    id: 'find-like',
    title: { en: 'Find what is like the selected region', ja: '選択した領域に似たものを探す' },
    keys: ['Ctrl+Shift+L'],
    group: 'label',
    available: () => labelling() && model() !== undefined,
    run: () => usePrompt().findLike(model()!),
  },
  {
    id: 'accept-ghost',
    title: { en: 'Accept what was found', ja: '見つかったものを採用' },
    keys: ['Enter'],
    group: 'review',
    rank: 1,
    available: selected,
    run: () => failing(useGhosts().acceptSelected()),
  },
  {
    id: 'reject-ghost',
    title: { en: 'Reject what was found', ja: '見つかったものを却下' },
    keys: ['Escape'],
    group: 'review',
    rank: 1,
    available: selected,
    run: () => useGhosts().rejectSelected(),
  },
  {
    id: 'accept-ghosts',
    title: { en: 'Accept all that was found', ja: '見つかったものをすべて採用' },
    keys: ['Shift+Enter'],
    group: 'review',
    rank: 1,
    available: () => shown() && useGhosts().acceptable.length > 0,
    run: () => failing(useGhosts().acceptAll()),
  },
  {
    id: 'next-ghost',
    title: { en: 'Next of what was found', ja: '次の見つかったもの' },
    keys: ['.'],
    group: 'review',
    rank: 1,
    available: shown,
    run: () => useGhosts().step(1),
  },
  {
    id: 'previous-ghost',
    title: { en: 'Previous of what was found', ja: '前の見つかったもの' },
    keys: [','],
    group: 'review',
    available: shown,
    run: () => useGhosts().step(-1),
  },
  {
    id: 'close-prompt',
    title: { en: 'Close the prompt bar', ja: 'プロンプトバーを閉じる' },
    keys: ['Escape'],
    group: 'label',
    rank: -1,
    available: () => usePrompt().active,
    run() {
      usePrompt().close()
      document.querySelector<HTMLElement>('[role=application]')?.focus()
    },
  },
])
