/**
 * Cells of text tables (CSV, TSV). A spreadsheet takes a cell for a formula that begins with one of = + - @, in their full width too,
 * or with a tab or line break before it: such a text gets an apostrophe in front, as the spreadsheets themselves mark text. Reading
 * takes it off again, so that a round trip is exact. Numbers stay numbers.
 */
const formula = /^'*[\s\u00a0]*[=+\-@\uff1d\uff0b\uff0d\uff20\t\r\n]/
const marked = /^'+[\s\u00a0]*[=+\-@\uff1d\uff0b\uff0d\uff20\t\r\n]/

/** A cell as it is written: marked as text where it would be a formula, quoted where a separator of any locale is in it. */
export function cell(value: string | number | null | undefined): string {
  if (typeof value === 'number') return String(value)
  const text = value ?? ''
  const safe = formula.test(text) ? `'${text}` : text
  return /[",;|\t\r\n]|^\s|\s$/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe
}

/** A text as it was before `cell`. */
export const cellText = (text: string): string => (marked.test(text) ? text.slice(1) : text)
