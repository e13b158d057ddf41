import '../helpers/page.ts'
import { describe, expect, it } from 'vitest'
import { actionsOf, chordFor, collisions, defaultKeys, defaultKeysOf, keymap } from '../../src-renderer/actions/keys.ts'

const press = (key: string, held: Partial<Record<'ctrlKey' | 'metaKey' | 'shiftKey' | 'altKey', boolean>> = {}, target: unknown = null) =>
  chordFor({ key, ctrlKey: false, metaKey: false, shiftKey: false, altKey: false, target, ...held })
const means = (...args: Parameters<typeof press>) => actionsOf(press(...args) ?? '', defaultKeys)

describe('keys', () => {
  it('finds the actions of a chord, the canvas before the shell', () => {
    expect(actionsOf('R', defaultKeys)).toEqual(['tool-box'])
    expect(actionsOf('Enter', defaultKeys)).toEqual([
      'confirm',
      'queue-accept',
      'accept',
      'accept-ghost',
      'open-image',
      'review-accept',
      'end-grounding',
    ])
  })
  it('lets the settings rebind an action', () => {
    const keys = keymap({ 'tool-box': ['Ctrl+B'], 'tool-pan': [] })
    expect(actionsOf('R', keys)).toEqual([])
    expect(actionsOf('Ctrl+B', keys)).toEqual(['tool-box'])
    expect(actionsOf('G', keys)).toEqual([])
  })
  it('leaves single keys and editing keys to text fields, and takes those of the whole window', () => {
    const field = { tagName: 'INPUT', type: 'text' }
    expect(press('r', {}, field)).toBeNull()
    expect(press('z', { ctrlKey: true }, field)).toBeNull()
    expect(press('k', { ctrlKey: true }, field)).toBe('Ctrl+K')
    expect(press('F1', {}, field)).toBe('F1')
    expect(press('r')).toBe('R')
    expect(
      chordFor({ key: 'r', ctrlKey: false, metaKey: false, shiftKey: false, altKey: false, target: null, isComposing: true }),
    ).toBeNull()
    expect(press('Enter', {}, { tagName: 'BUTTON' })).toBeNull()
  })
  it('go back and forward with Alt and an arrow, also from a text field, and edit nothing', () => {
    expect(means('ArrowLeft', { altKey: true })).toEqual(['back'])
    expect(means('ArrowRight', { altKey: true })).toEqual(['forward'])
    expect(means('ArrowLeft', { altKey: true }, { tagName: 'INPUT', type: 'text' })).toEqual(['back'])
    expect(means('ArrowLeft', { shiftKey: true })).toEqual(['nudge-left'])
    expect(means('ArrowRight', { shiftKey: true })).toEqual(['nudge-right'])
  })
  it('go back and forward with ⌘[ and ⌘] on a Mac, where those of the canvas give way', () => {
    const mac = defaultKeysOf(true)
    expect(actionsOf(press('[', { metaKey: true })!, mac)).toEqual(['back'])
    expect(actionsOf(press(']', { metaKey: true })!, mac)).toEqual(['forward'])
    for (const id of ['back', 'forward', 'send-to-back', 'bring-to-front'])
      for (const chord of mac.get(id)!) expect(collisions(id, chord, mac), `${id} ${chord}`).toEqual([])
  })
  it('open the shortcuts with a question mark on every keyboard', () => {
    expect(means('?', { shiftKey: true })).toEqual(['help'])
    expect(means('?')).toEqual(['help'])
    expect(press('?', { shiftKey: true }, { tagName: 'TEXTAREA' })).toBeNull()
  })
  it('go to an image by its number', () => {
    expect(means('g', { ctrlKey: true })).toEqual(['go-to-image'])
  })
  it('are those familiar from other tools', () => {
    expect(['R', 'P', 'B', 'V', 'N', 'H', 'T', 'L', 'Delete', 'Ctrl+Y'].map((chord) => actionsOf(chord, defaultKeys)[0])).toEqual([
      'tool-box',
      'tool-polygon',
      'tool-brush',
      'tool-select',
      'tool-last',
      'hide',
      'hide-all',
      'lock',
      'delete',
      'redo',
    ])
  })
  it('keep their ranks when settings change them: what is in progress is asked first', () => {
    expect(actionsOf('Enter', keymap({ confirm: ['Enter', 'Space'] }))[0]).toBe('confirm')
  })
  it('have one meaning each, unless only one of two can apply', () => {
    const by = new Map<string, string[]>()
    for (const [id, chords] of defaultKeys) for (const chord of chords) by.set(chord, [...(by.get(chord) ?? []), id])
    expect(Object.fromEntries([...by].filter(([, ids]) => ids.length > 1))).toEqual({
      // Label | Data
      'Shift+R': ['tool-rotated-box', 'relabel'],
      Delete: ['delete', 'remove-images'],
      'Ctrl+A': ['select-all', 'choose-all'],
      'Ctrl+Shift+E': ['toggle-strip', 'toggle-facets'],
      // Label | Train, Compare
      'Shift+W': ['toggle-timeline', 'label-next'],
      // What is in progress comes first.
      Q: ['mask-include', 'tool-smart-mask'],
      E: ['mask-exclude', 'tool-eraser'],
      Backspace: ['remove-last', 'delete'],
      Enter: ['confirm', 'queue-accept', 'accept', 'accept-ghost', 'open-image', 'review-accept', 'end-grounding'],
      Escape: ['cancel', 'queue-reject', 'reject', 'reject-ghost', 'choose-none', 'end-grounding', 'close-prompt'],
      'Ctrl+Enter': ['caption-onward', 'take-guess', 'accept-all'],
      // Ghosts are shown, or a queue of proposals is gone through.
      'Shift+Enter': ['accept-ghosts', 'approve'],
      '.': ['queue-skip', 'next-ghost', 'next-proposal'],
      ',': ['queue-back', 'previous-ghost'],
      'Ctrl+Z': ['queue-undo', 'undo'],
      ...Object.fromEntries(Array.from({ length: 9 }, (_, i) => [i + 1, [`queue-label-${i + 1}`, `label-${i + 1}`]])),
    })
  })
})
