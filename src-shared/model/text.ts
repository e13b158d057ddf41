/**
 * Text that every place it goes to keeps as it is: SQLite ends text at a NUL, UTF-8 has no halves of surrogate pairs. What people
 * and calls hand in is refused where it holds either; what is imported is repaired, and the import says so.
 */
import { z } from 'zod'

export const isCarried = (text: string): boolean => !text.includes('\0') && text.isWellFormed()

/** A string of the database. */
export const text = () => z.string().refine(isCarried, 'holds a NUL or half of a character (a lone surrogate), which cannot be stored')

/** U+FFFD in place of what cannot be stored; as long as before, so that places in the text stay where they are. */
export const repaired = (text: string): string => (isCarried(text) ? text : text.replaceAll('\0', '\ufffd').toWellFormed())

/** The same value with each of its texts repaired, keys too; `value` itself where there was nothing to repair. */
export function repairedDeep<T>(value: T): T {
  if (typeof value === 'string') return repaired(value) as T
  if (Array.isArray(value)) {
    if (typeof value[0] === 'number') return value
    const items = value.map(repairedDeep)
    return items.some((item, i) => item !== value[i]) ? (items as T) : value
  }
  if (typeof value !== 'object' || value === null) return value
  const entries = Object.entries(value)
  const done = entries.map(([k, v]) => [repaired(k), repairedDeep(v)] as const)
  return done.some(([k, v], i) => k !== entries[i]![0] || v !== entries[i]![1]) ? (Object.fromEntries(done) as T) : value
}

/** `JSON.parse` of what is stored: an earlier version took texts that are refused today. */
export function parseStored(json: string): unknown {
  const value: unknown = JSON.parse(json)
  return /\\u(?:0000|[dD][89a-fA-F])/.test(json) ? repairedDeep(value) : value
}
