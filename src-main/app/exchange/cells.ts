/**
 * Cells of text tables (CSV, TSV). Spreadsheets evaluate a cell as a formula if it starts with = + - @ (or their
 * full-width forms), or with a tab or line break before one: such texts get a leading apostrophe, the spreadsheets'
 * own mark for text. Reading removes it, so that a round trip is exact. Numbers stay numbers.
 */
const formula = /^'*[\s\u00a0]*[=+\-@\uff1d\uff0b\uff0d\uff20\t\r\n]/
const marked = /^'+[\s\u00a0]*[=+\-@\uff1d\uff0b\uff0d\uff20\t\r\n]/

/** Formats a cell: marked as text if it would be a formula, quoted if it contains any locale's separator. */
export function cell(value: string | number | null | undefined): string {
  if (typeof value === 'number') return String(value)
  const text = value ?? ''
  const safe = formula.test(text) ? `'${text}` : text
  return /[",;|\t\r\n]|^\s|\s$/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe
}

/** The original text of a cell written by `cell`. */
export const cellText = (text: string): string => (marked.test(text) ? text.slice(1) : text)
