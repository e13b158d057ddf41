/** What a format says of an object beyond its label and shape, as attributes of the region. */
import type { Attributes } from '#shared/model/region.ts'

/** Text, numbers and truth as they stand, lists and objects as JSON; null and empty texts say nothing. */
export function attributesOf(fields: Readonly<Record<string, unknown>>): Attributes {
  const out: [string, string | number | boolean][] = []
  for (const [name, value] of Object.entries(fields)) {
    const key = name.trim()
    if (!key || value === null || value === undefined || value === '') continue
    if (typeof value === 'string' || typeof value === 'boolean') out.push([key, value])
    else if (typeof value === 'number') out.push([key, Number.isFinite(value) ? value : String(value)])
    else if (typeof value === 'bigint') out.push([key, Number.isSafeInteger(Number(value)) ? Number(value) : String(value)])
    else if (!(Array.isArray(value) && value.length === 0)) out.push([key, JSON.stringify(value, (_, v: unknown) => (typeof v === 'bigint' ? Number(v) : v))])
  }
  return Object.fromEntries(out)
}

/** To be spread into a region: nothing where there are none. */
export function withAttributes(fields: Readonly<Record<string, unknown>>): { attributes?: Attributes } {
  const attributes = attributesOf(fields)
  return Object.keys(attributes).length ? { attributes } : {}
}

/** A field of a text file: a number where it is written as one and nothing would be lost, true and false, else text. */
export function fieldValue(text: string): string | number | boolean {
  if (/^-?(?:0|[1-9]\d{0,14})(?:\.\d+)?(?:e[+-]?\d{1,2})?$/i.test(text)) return Number(text)
  if (/^(?:true|false)$/i.test(text)) return text.toLowerCase() === 'true'
  return text
}

/** Under one of these names (in any spelling of case, `_` and `-`), the first that is there. */
export function keyNamed(keys: readonly string[], names: readonly string[]): string | undefined {
  const plain = (s: string) => s.trim().toLowerCase().replace(/[\s_-]+/g, '')
  const known = new Map(keys.map((k) => [plain(k), k]))
  return names.map((n) => known.get(plain(n))).find((k) => k !== undefined)
}
