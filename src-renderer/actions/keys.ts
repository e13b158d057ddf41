/** Keys: the defaults of canvas and shell, changed by the settings, and which action a key press means. */
import { trackShortcuts } from './track-keys.ts'
import { chordOf, defaultShortcuts, isTextField, type KeyLike } from '../canvas/index.ts'

export type Keymap = ReadonlyMap<string, readonly string[]>

/** Keys that differ between systems: on a Mac ⌘[ and ⌘] go back and forward (Ctrl stands for Command there). */
export const systemShortcuts = (mac: boolean): Record<string, string[]> =>
  mac
    ? {
        back: ['Ctrl+['],
        forward: ['Ctrl+]'],
        'send-to-back': ['Ctrl+Shift+[', 'Ctrl+Shift+{'],
        'bring-to-front': ['Ctrl+Shift+]', 'Ctrl+Shift+}'],
      }
    : { back: ['Alt+ArrowLeft'], forward: ['Alt+ArrowRight'] }
const mac = typeof navigator !== 'undefined' && navigator.platform.startsWith('Mac')

const shellShortcuts: Record<string, string[]> = {
  'go-data': ['Alt+1'],
  'go-label': ['Alt+2'],
  'go-train': ['Alt+3'],
  'go-compare': ['Alt+4'],
  'go-merge': ['Alt+5'],
  guide: ['F1'],
  'go-to-image': ['Ctrl+G'],
  export: ['Ctrl+Shift+X'],
  'open-image': ['Enter'],
  'choose-all': ['Ctrl+A'],
  'choose-none': ['Escape'],
  'remove-images': ['Delete'],
  'toggle-strip': ['Ctrl+Shift+E'],
  'toggle-inspector': ['Ctrl+I'],
  'toggle-facets': ['Ctrl+Shift+E'],
  'find-label': ['/', 'Ctrl+L'],
  'add-caption': ['C'],
  approve: ['Shift+Enter'],
  'send-back': ['Shift+Backspace'],
  comment: ['Shift+C'],
  'next-comment': ['Shift+J'],
  'previous-comment': ['Shift+H'],
  'review-mode': ['Shift+V'],
  'classify-mode': ['Shift+L'],
  'classify-several': ['Shift+M'],
  'next-unlabelled': ['Shift+U'],
  'copy-previous': ['Shift+D'],
  'copy-next': ['Ctrl+Shift+D'],
  'edit-attributes': ['I'],
  templates: ['Ctrl+Shift+P'],
  'place-template': ['F'],
  'place-template-here': ['Shift+T'],
  'review-accept': ['Enter'],
  'caption-onward': ['Ctrl+Enter'],
  'accept-all': ['Ctrl+Enter'],
  'accept-shown': ['Ctrl+Shift+Enter'],
  'next-proposal': ['.'],
  'next-incomplete': ['Shift+I'],
  'bulk-edit': ['Ctrl+E'],
  relabel: ['Shift+R'],
  'end-grounding': ['Escape', 'Enter'],
}
export const defaultKeys: Keymap = new Map([
  ...Object.entries(defaultShortcuts),
  ...Object.entries(shellShortcuts),
  ...Object.entries(trackShortcuts),
  ...Object.entries(systemShortcuts(mac)),
])

export const keymap = (changed: Readonly<Record<string, readonly string[]>>): Keymap =>
  new Map([...defaultKeys, ...Object.entries(changed)])

/** Actions of a chord; the first that has something to do takes it. */
export const actionsOf = (chord: string, keys: Keymap): string[] =>
  [...keys].filter(([, chords]) => chords.includes(chord)).map(([action]) => action)

/** Chords that mean the same to the whole window while a text field has the focus; editing keys stay the field's. */
const everywhere = mac ? /^(F\d+|Ctrl\+K|Ctrl\+,|Alt\+\d|Ctrl\+[[\]])$/ : /^(F\d+|Ctrl\+K|Ctrl\+,|Alt\+\d|Alt\+Arrow(Left|Right))$/
/** What a focused button or link does by itself. */
const ownKeys = new Set(['Enter', 'Space'])

/** The chord that a key press is for the application; null where the key belongs to what has the focus. */
export function chordFor(event: KeyLike & { target: unknown; isComposing?: boolean }): string | null {
  if (event.isComposing || ['Control', 'Shift', 'Alt', 'Meta'].includes(event.key)) return null
  const chord = chordOf(event)
  if (isTextField(event.target)) return everywhere.test(chord) ? chord : null
  const tag = (event.target as { tagName?: string } | null)?.tagName
  if ((tag === 'BUTTON' || tag === 'A') && ownKeys.has(chord)) return null
  return chord
}

/** Other actions that a chord would collide with, for the settings. */
export const collisions = (action: string, chord: string, keys: Keymap): string[] =>
  actionsOf(chord, keys).filter((other) => other !== action)
