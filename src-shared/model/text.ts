/**
 * Text that survives storage unchanged: SQLite truncates text at a NUL, and UTF-8 has no lone surrogates. User input
 * with either is refused; imported text is repaired, which the import reports.
 */
import { z } from 'zod'

export const isCarried = (text: string): boolean => !text.includes('\0') && text.isWellFormed()

/** A string that can be stored. */
export const text = () => z.string().refine(isCarried, 'holds a NUL or half of a character (a lone surrogate), which cannot be stored')

/** Replaces what cannot be stored with U+FFFD, keeping the length, so that offsets into the text stay valid. */
export const repaired = (text: string): string => (isCarried(text) ? text : text.replaceAll('\0', '\ufffd').toWellFormed())

/** Repairs all texts in a value, including keys; returns `value` itself if nothing needs repair. */
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

/** `JSON.parse` of stored text, repaired because earlier versions accepted text that is now refused. */
export function parseStored(json: string): unknown {
  const value: unknown = JSON.parse(json)
  return /\\u(?:0000|[dD][89a-fA-F])/.test(json) ? repairedDeep(value) : value
}
