/** What a key press is called, and where bare keys must not act. A chord is written 'Ctrl+Shift+Z'; Ctrl stands for Command as well. */
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

const inert = new Set(['button', 'checkbox', 'color', 'file', 'image', 'radio', 'range', 'reset', 'submit'])
/** Does this element take typed text? Given loosely, so that it needs no DOM. */
export function isTextField(target: unknown): boolean {
  const e = target as { tagName?: string; type?: string; isContentEditable?: boolean } | null
  const tag = e?.tagName?.toUpperCase()
  return e?.isContentEditable === true || tag === 'TEXTAREA' || tag === 'SELECT' || (tag === 'INPUT' && !inert.has(e?.type ?? ''))
}
