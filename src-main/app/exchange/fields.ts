/** Reads fields as other tools name and write them. */
import type { Attributes } from '#shared/model/region.ts'
import { attributesFrom } from './attributes.ts'

/** To be spread into a region; empty if there are no attributes. */
export function withAttributes(...sources: unknown[]): { attributes?: Attributes } {
  const attributes = attributesFrom(...sources)
  return Object.keys(attributes).length ? { attributes } : {}
}

/** Parses a text field: a number if it converts without loss, a boolean, else text. */
export function fieldValue(text: string): string | number | boolean {
  if (/^-?(?:0|[1-9]\d{0,14})(?:\.\d+)?(?:e[+-]?\d{1,2})?$/i.test(text)) return Number(text)
  if (/^(?:true|false)$/i.test(text)) return text.toLowerCase() === 'true'
  return text
}

/** A name for comparison, ignoring case, spaces, `_` and `-`. */
export const plainName = (s: string) =>
  s
    .trim()
    .toLowerCase()
    .replace(/[\s_-]+/g, '')

/** The first existing key with one of these names, in any spelling. */
export function keyNamed(keys: readonly string[], names: readonly string[]): string | undefined {
  const known = new Map(keys.map((k) => [plainName(k), k]))
  return names.map((n) => known.get(plainName(n))).find((k) => k !== undefined)
}

export const isObject = (v: unknown): v is Record<string, unknown> => typeof v === 'object' && v !== null && !Array.isArray(v)
/** A number, or one written as text; NaN for anything else. */
export const numberOf = (v: unknown): number =>
  typeof v === 'number' ? v : typeof v === 'string' && v.trim() ? Number(v) : typeof v === 'bigint' ? Number(v) : NaN
/** An image tag for information that is not a label: `weather: sunny`. */
export const tagOf = (name: string, value: string) => `${name}: ${value}`.slice(0, 200)
