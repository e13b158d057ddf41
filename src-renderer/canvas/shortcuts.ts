/** Default keys as data. A chord is written 'Ctrl+Shift+Z'; Ctrl stands for Command on a Mac as well. */
import type { ToolName } from './types.ts'

export const canvasActions = [
  'undo',
  'redo',
  'confirm',
  'cancel',
  'remove-last',
  'delete',
  'select-all',
  'duplicate',
  'copy',
  'cut',
  'paste',
  'merge',
  'subtract',
  'bring-forward',
  'send-backward',
  'bring-to-front',
  'send-to-back',
  'hide',
  'hide-all',
  'lock',
  'nudge-left',
  'nudge-right',
  'nudge-up',
  'nudge-down',
  'zoom-in',
  'zoom-out',
  'zoom-fit',
  'zoom-actual',
  'zoom-region',
  'brush-smaller',
  'brush-larger',
  'toggle-snapping',
  'toggle-crosshair',
  'toggle-minimap',
  'toggle-names',
  'toggle-grid',
  'toggle-guides',
  'toggle-pixels',
  'guide-upright',
  'guide-level',
  'place-skeleton',
  'point-hidden',
  'point-missing',
  'next-point',
  'previous-point',
  'tool-last',
] as const
export type CanvasAction = (typeof canvasActions)[number] | `tool-${ToolName}`

/** What the shell carries out itself. */
export const appActions = [
  'next-image',
  'previous-image',
  'model-positive',
  'model-negative',
  'accept',
  'reject',
  'label-1',
  'label-2',
  'label-3',
  'label-4',
  'label-5',
  'label-6',
  'label-7',
  'label-8',
  'label-9',
  'command-palette',
  'help',
  'settings',
] as const
export type AppActionId = (typeof appActions)[number]
export type Action = CanvasAction | AppActionId

/**
 * Several actions may share a key: the first one that has something to do takes it (Enter closes a polygon, or accepts a
 * proposal; E is the eraser unless a model is being prompted), in the order given to `actionsFor`.
 */
export type Shortcuts = Partial<Record<Action, readonly string[]>>

export const defaultShortcuts: Shortcuts = {
  'next-image': ['D', 'ArrowRight'],
  'previous-image': ['A', 'ArrowLeft'],
  'tool-select': ['V'],
  'tool-box': ['R'],
  'tool-rotated-box': ['Shift+R'],
  'tool-polygon': ['P'],
  'tool-polyline': ['Shift+P'],
  'tool-points': ['K'],
  'tool-skeleton': ['Shift+K'],
  'toggle-grid': ['Shift+G'],
  'toggle-guides': ['Shift+F'],
  'toggle-pixels': ['Shift+X'],
  'guide-upright': [';'],
  'guide-level': ["'"],
  'place-skeleton': ['J'],
  'point-hidden': ['O'],
  'point-missing': ['Shift+O'],
  'next-point': ['Y'],
  'previous-point': ['Shift+Y'],
  'tool-brush': ['B'],
  'tool-eraser': ['E'],
  'tool-wand': ['W'],
  'tool-scissors': ['S'],
  'tool-ruler': ['M'],
  'tool-pan': ['G'],
  'tool-last': ['N'],
  'brush-smaller': ['-'],
  'brush-larger': ['=', 'Shift++'],
  'zoom-in': ['Ctrl+=', 'Ctrl+Shift++'],
  'zoom-out': ['Ctrl+-'],
  'zoom-fit': ['Ctrl+F'],
  'zoom-actual': ['Ctrl+0'],
  'zoom-region': ['Z'],
  undo: ['Ctrl+Z'],
  redo: ['Ctrl+Shift+Z', 'Ctrl+Y'],
  'remove-last': ['Backspace'],
  delete: ['Delete', 'Backspace'],
  confirm: ['Enter'],
  cancel: ['Escape'],
  'select-all': ['Ctrl+A'],
  duplicate: ['Ctrl+D'],
  copy: ['Ctrl+C'],
  cut: ['Ctrl+X'],
  paste: ['Ctrl+V'],
  merge: ['Ctrl+M'],
  subtract: ['Ctrl+Shift+M'],
  'bring-forward': [']'],
  'send-backward': ['['],
  'bring-to-front': ['Ctrl+]'],
  'send-to-back': ['Ctrl+['],
  hide: ['H'],
  'hide-all': ['T'],
  lock: ['L'],
  // Alt and an arrow is a step of the window's history, everywhere.
  'nudge-left': ['Shift+ArrowLeft'],
  'nudge-right': ['Shift+ArrowRight'],
  'nudge-up': ['Shift+ArrowUp'],
  'nudge-down': ['Shift+ArrowDown'],
  'toggle-snapping': ['Shift+S'],
  'toggle-crosshair': ['X'],
  'toggle-names': ['Shift+N'],
  'model-positive': ['Q'],
  'model-negative': ['E'],
  accept: ['Enter'],
  reject: ['Escape'],
  'label-1': ['1'],
  'label-2': ['2'],
  'label-3': ['3'],
  'label-4': ['4'],
  'label-5': ['5'],
  'label-6': ['6'],
  'label-7': ['7'],
  'label-8': ['8'],
  'label-9': ['9'],
  'command-palette': ['Ctrl+K'],
  help: ['F1', 'Shift+?', '?'],
  settings: ['Ctrl+,'],
}

export interface KeyLike {
  key: string
  ctrlKey: boolean
  metaKey: boolean
  shiftKey: boolean
  altKey: boolean
}

/** 'Ctrl+Shift+Z' of a keyboard event; a letter is upper case whatever Shift and Caps Lock say. */
export function chordOf(e: KeyLike): string {
  const key = e.key === ' ' ? 'Space' : e.key.length === 1 ? e.key.toUpperCase() : e.key
  return [e.ctrlKey || e.metaKey ? 'Ctrl+' : '', e.altKey ? 'Alt+' : '', e.shiftKey ? 'Shift+' : '', key].join('')
}

/** The actions bound to a chord, in the table's order. */
export function actionsFor(chord: string, shortcuts: Shortcuts = defaultShortcuts): Action[] {
  return (Object.keys(shortcuts) as Action[]).filter((action) => shortcuts[action]!.includes(chord))
}

/** With Ctrl or Alt, or a function key: such a chord may act while a text field has the focus, a bare key may not. */
export const worksInText = (chord: string) => /^Ctrl\+|^Alt\+|^F\d+$/.test(chord)

const inert = new Set(['button', 'checkbox', 'color', 'file', 'image', 'radio', 'range', 'reset', 'submit'])
/** Does this element take typed text? Given loosely, so that it needs no DOM. */
export function isTextField(target: unknown): boolean {
  const e = target as { tagName?: string; type?: string; isContentEditable?: boolean } | null
  const tag = e?.tagName?.toUpperCase()
  return e?.isContentEditable === true || tag === 'TEXTAREA' || tag === 'SELECT' || (tag === 'INPUT' && !inert.has(e?.type ?? ''))
}
