/**
 * Port messages as text and back, losslessly: values that JSON would silently change (undefined, NaN, −0) are marked, and anything but
 * plain data fails. Both functions also run in a page, so each must be self-contained.
 */
export function encode(message: unknown): string {
  const plain = (value: unknown): unknown => {
    if (value === undefined) return { '~': 'undefined' }
    if (typeof value === 'number')
      return Number.isFinite(value) && !Object.is(value, -0) ? value : { '~': Object.is(value, -0) ? '-0' : String(value) }
    if (value === null || typeof value === 'string' || typeof value === 'boolean') return value
    if (Array.isArray(value)) return Array.from(value, plain)
    if (typeof value !== 'object' || ![Object.prototype, null].includes(Object.getPrototypeOf(value) as null) || '~' in value)
      throw new Error(`a message holds what is no plain data: ${Object.prototype.toString.call(value)}`)
    return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, plain(member)]))
  }
  return JSON.stringify(plain(message))
}

export function decode(text: string): unknown {
  const back = (value: unknown): unknown => {
    if (typeof value !== 'object' || value === null) return value
    if (Array.isArray(value)) return value.map(back)
    if ('~' in value) return value['~'] === 'undefined' ? undefined : Number(value['~'])
    return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, back(member)]))
  }
  return back(JSON.parse(text))
}
