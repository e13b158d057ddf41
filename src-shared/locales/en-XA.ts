/**
 * The pseudo-locale: English with accents, a third longer and in brackets. A word that is cut off, too wide for its place, or written
 * in the code rather than in a table shows at a glance. `?locale=en-XA` in the window's address brings it.
 */
import type { Locale } from './locale.ts'

const plain = 'ACDEGHIKLNORSTUWYZacdeghiklnorstuwyz'
const accented = 'ÀÇÐÉĜĤÎĶĻÑÖŔŠŢÛŴÝŽàçðéĝĥîķļñöŕšţûŵýž'
const padding = 'one two three four five six seven eight nine ten '

/** What is between braces names a value, and stays; so do the access keys of menus and the bars between forms of a count. */
const accent = (text: string) =>
  text.replace(/\{[^}]*\}|&\w|[A-Za-z]/g, (found) => (found.length > 1 ? found : (accented[plain.indexOf(found)] ?? found)))
function form(text: string): string {
  const more = Math.ceil(text.replace(/\{[^}]*\}/g, '').length / 3)
  return `[${accent(text)} ${accent(
    padding
      .repeat(Math.ceil(more / padding.length))
      .slice(0, more)
      .trim(),
  )}]`
}
const longer = (text: string) => text.split(' | ').map(form).join(' | ')

export const pseudo: Locale = {
  id: 'en-XA',
  name: '[Ýöûŕ ļàñĝûàĝé]',
  direction: 'ltr',
  developing: true,
  complete: false,
  words: {},
  otherwise: longer,
  change: form,
  reason: form,
}
