import { computed } from 'vue'
import { useRoute } from '../routing/route.ts'
import { useAgreement } from '../stores/agreement.ts'
import { useClassify } from '../stores/classify.ts'
import { useComments } from '../stores/comments.ts'
import { useGrounding } from '../stores/grounding.ts'
import { useSession } from '../stores/session.ts'
import { useShell } from '../stores/shell.ts'
import { actionsOf, chordFor, keymap } from './keys.ts'
import { actions } from './registry.ts'
import { sayRecords } from './words.ts'

sayRecords()

export const keys = computed(() => keymap(useSession().settings.shortcuts))

/** Runs an action if it is available; false if it had nothing to do. */
export function act(id: string): boolean {
  const action = actions.get(id)
  return action !== undefined && action.available() && action.run() !== false
}

/** Actions that stay available while a dialog is open: those that open and close dialogs. */
const overDialogs = new Set(['command-palette', 'guide', 'help', 'settings', 'about'])

export function onKey(event: KeyboardEvent): void {
  const chord = chordFor(event)
  if (chord === null) return
  const dialog = useShell().dialog !== null
  const classify = useClassify()
  if (!dialog && classify.working) {
    const field = document.activeElement
    if (classify.press(chord)) return event.preventDefault()
    if (document.activeElement !== field) return // the letter goes into the newly focused field
  }
  if (!dialog && chord === 'Escape' && useComments().close()) return event.preventDefault()
  if (!dialog && useAgreement().press(chord)) return event.preventDefault()
  if (!dialog && useGrounding().press(chord)) return event.preventDefault()
  for (const id of actionsOf(chord, keys.value)) {
    if (dialog && !overDialogs.has(id)) continue
    // Images passed while a key is held down add no history entries.
    if (!(event.repeat ? useRoute().quietly(() => act(id)) : act(id))) continue
    event.preventDefault()
    event.stopPropagation()
    return
  }
}
export { groups, type Action, type Group } from './action.ts'
export { actions } from './registry.ts'
