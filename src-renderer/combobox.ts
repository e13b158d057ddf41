/** The text field of a combobox, whose list is an OptionList of the same id: what it tells of itself, and its keys. */
import { computed, type Ref } from 'vue'

interface Combobox {
  readonly id: string
  /** Place of the option that Enter takes; -1: none, if `free`. */
  readonly at: Ref<number>
  /** Number of options. */
  readonly count: () => number
  /** What was typed can be taken as it stands: the arrows stop at both ends, the upper being the text. They go round otherwise. */
  readonly free?: boolean
  enter(event: KeyboardEvent): void
  escape(): void
  /** Any other key; whether it was one. */
  other?(event: KeyboardEvent): boolean
}

export function useCombobox({ id, at, count, free, enter, escape, other }: Combobox) {
  const attrs = computed(() => ({
    type: 'text',
    role: 'combobox',
    'aria-autocomplete': 'list' as const,
    'aria-controls': id,
    'aria-expanded': count() > 0,
    'aria-activedescendant': count() && at.value >= 0 ? `${id}-${at.value}` : undefined,
    spellcheck: false,
    autocomplete: 'off',
  }))
  function step(by: number): void {
    const n = count()
    at.value = free ? Math.max(-1, Math.min(n - 1, at.value + by)) : (at.value + by + n) % n
  }
  function onKeydown(event: KeyboardEvent): void {
    if (event.isComposing) return
    const by = { ArrowDown: 1, ArrowUp: -1 }[event.key]
    if (by && count()) step(by)
    else if (event.key === 'Enter') enter(event)
    else if (event.key === 'Escape') escape()
    else if (!other?.(event)) return
    event.preventDefault()
    event.stopPropagation()
  }
  return { attrs, onKeydown }
}
