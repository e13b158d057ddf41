/**
 * The pseudo-locale: accented English, a third longer and in brackets. Reveals text that is truncated, too wide, or
 * hard-coded instead of taken from a table. Enabled by `?locale=en-XA` in the window's URL.
 */
import type { Locale } from './locale.ts'

const plain = 'ACDEGHIKLNORSTUWYZacdeghiklnorstuwyz'
const accented = 'ÀÇÐÉĜĤÎĶĻÑÖŔŠŢÛŴÝŽàçðéĝĥîķļñöŕšţûŵýž'
const padding = 'one two three four five six seven eight nine ten '

/** Placeholders in braces are kept, as are menu access keys and the bars between plural forms. */
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
}
