/** Text in table cells. */
import { literal } from './shapes.ts'

/** The texts of a list, or the text itself. */
export function listed(text: string): string[] {
  try {
    const list = literal(text)
    return Array.isArray(list) ? list.filter((s): s is string => typeof s === 'string') : [text]
  } catch {
    return [text]
  }
}

/**
 * Several labels in one cell: a list, or separated by | or ;. In a column meant for several, commas separate too, as
 * do spaces between numbers.
 */
export function several(cell: string, plural: boolean): string[] {
  const text = cell.trim()
  if (!text) return []
  if (/^[[(].*[\])]$/s.test(text)) return listed(text.startsWith('(') ? `[${text.slice(1, -1)}]` : text)
  const parts = text
    .split(plural ? /[|;,]/ : /[|;]/)
    .map((s) => s.trim())
    .filter(Boolean)
  return parts.length === 1 && /^\d+(?: \d+)+$/.test(text) ? text.split(' ') : parts
}
