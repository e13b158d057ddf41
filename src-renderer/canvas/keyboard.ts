/** Names of key presses, and where single keys must not act. A chord is written 'Ctrl+Shift+Z'; Ctrl also stands for Command. */
export interface KeyLike {
  key: string
  ctrlKey: boolean
  metaKey: boolean
  shiftKey: boolean
  altKey: boolean
}

/** The chord of a keyboard event, such as 'Ctrl+Shift+Z'; letters are upper case regardless of Shift and Caps Lock. */
export function chordOf(e: KeyLike): string {
  const key = e.key === ' ' ? 'Space' : e.key.length === 1 ? e.key.toUpperCase() : e.key
  return [e.ctrlKey || e.metaKey ? 'Ctrl+' : '', e.altKey ? 'Alt+' : '', e.shiftKey ? 'Shift+' : '', key].join('')
}

const inert = new Set(['button', 'checkbox', 'color', 'file', 'image', 'radio', 'range', 'reset', 'submit'])
/** Whether an element accepts typed text. Loosely typed so that no DOM is needed. */
export function isTextField(target: unknown): boolean {
  const e = target as { tagName?: string; type?: string; isContentEditable?: boolean } | null
  const tag = e?.tagName?.toUpperCase()
  return e?.isContentEditable === true || tag === 'TEXTAREA' || tag === 'SELECT' || (tag === 'INPUT' && !inert.has(e?.type ?? ''))
}
