/** Shortcuts: the defaults of all actions, overridden by the settings, and the action that a key press triggers. */
import { chordOf, isTextField, type KeyLike } from '../canvas/index.ts'
import { actions } from './registry.ts'

export type Keymap = ReadonlyMap<string, readonly string[]>

const mac = typeof navigator !== 'undefined' && navigator.platform.startsWith('Mac')
const rankOf = (id: string) => actions.get(id)?.rank ?? 0
const ranked = (keys: Keymap): Keymap => new Map([...keys].sort(([a], [b]) => rankOf(b) - rankOf(a)))

/** The default chords per action on a system. Actions that share a chord are asked in this order. */
export const defaultKeysOf = (mac: boolean): Keymap =>
  ranked(
    new Map(
      [...actions.values()].flatMap(({ id, keys, macKeys }): [string, readonly string[]][] => {
        const own = (mac ? macKeys : undefined) ?? keys
        return own ? [[id, own]] : []
      }),
    ),
  )
export const defaultKeys: Keymap = defaultKeysOf(mac)

export const keymap = (changed: Readonly<Record<string, readonly string[]>>): Keymap =>
  ranked(new Map([...defaultKeys, ...Object.entries(changed)]))

/** Actions of a chord; the first that has something to do takes it. */
export const actionsOf = (chord: string, keys: Keymap): string[] =>
  [...keys].filter(([, chords]) => chords.includes(chord)).map(([action]) => action)

/** Chords that work in the whole window even while a text field has the focus; editing keys are left to the field. */
const everywhere = mac ? /^(F\d+|Ctrl\+K|Ctrl\+,|Alt\+\d|Ctrl\+[[\]])$/ : /^(F\d+|Ctrl\+K|Ctrl\+,|Alt\+\d|Alt\+Arrow(Left|Right))$/
/** Keys that a focused button or link handles itself. */
const ownKeys = new Set(['Enter', 'Space'])

/** The chord of a key press; null if the key belongs to the focused element. */
export function chordFor(event: KeyLike & { target: unknown; isComposing?: boolean }): string | null {
  if (event.isComposing || ['Control', 'Shift', 'Alt', 'Meta'].includes(event.key)) return null
  const chord = chordOf(event)
  if (isTextField(event.target)) return everywhere.test(chord) ? chord : null
  const tag = (event.target as { tagName?: string } | null)?.tagName
  if ((tag === 'BUTTON' || tag === 'A') && ownKeys.has(chord)) return null
  return chord
}

/** Other actions that already use a chord, for the settings. */
export const collisions = (action: string, chord: string, keys: Keymap): string[] =>
  actionsOf(chord, keys).filter((other) => other !== action)
