/** Short messages that disappear by themselves; a component provides the library's message API. */
import { defineStore } from 'pinia'
import { shallowRef } from 'vue'
import { actionName } from '../journal.ts'

export interface Toast {
  kind: 'info' | 'success' | 'error'
  /** A message key with values, or the text itself. */
  key?: string
  values?: Record<string, string | number>
  text?: string
  action?: { key: string; run(): void }
  /** Replaces the previous toast of this kind, so that many quick steps make a single toast. */
  replaces?: boolean
}

export const useToasts = defineStore('toasts', () => {
  const show = shallowRef<(toast: Toast) => void>(() => undefined)
  const say = (key: string, values: Record<string, string | number> = {}, action?: Toast['action']) =>
    show.value({ kind: 'info', key, values, action })
  const error = (text: string) => show.value({ kind: 'error', text })
  const done = (key: string, values: Record<string, string | number> = {}, action?: Toast['action']) =>
    show.value({ kind: 'success', key, values, action })
  const turned = (how: 'undo' | 'redo', action: string | null) =>
    show.value({
      kind: 'info',
      replaces: true,
      ...(action === null
        ? { key: `toast.nothing-to-${how}` }
        : {
            key: `toast.${how}`,
            values: { action: actionName(action) },
            action: { key: how === 'undo' ? 'actions.redo' : 'actions.undo', run: () => other.value(how) },
          }),
    })
  /** Reverses the last undo or redo. */
  const other = shallowRef<(how: 'undo' | 'redo') => void>(() => undefined)
  return { show, other, say, error, done, turned }
})
