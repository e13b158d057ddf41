/**
 * Limits for one message, checked before it is parsed or validated: a message nested ten thousand deep or with
 * millions of values would exhaust the stack or the memory, or block all other calls.
 */
export const messageBounds = {
  /** UTF-8 bytes of the message as text: larger than any edit; a hundred masks of four megapixels. */
  bytes: 64 * 1024 * 1024,
  /** Our own deepest message is nested 12 deep. */
  depth: 64,
  /** Number of arrays and objects. */
  containers: 2 ** 18,
  /** Number of elements and members: all ids of a million images. */
  values: 2 ** 20,
} as const

const tooDeep = `is nested deeper than ${messageBounds.depth}`
const tooMany = `holds more than ${messageBounds.containers} lists or ${messageBounds.values} values`
const noJson = 'holds what is no JSON'

/** The limit that a JSON message exceeds, judged by brackets and commas alone; null if it may be parsed. */
export function textProblem(text: string): string | null {
  if (text.length > messageBounds.bytes) return `is longer than ${messageBounds.bytes} bytes`
  let [depth, containers, values] = [0, 0, 0]
  let quoted = false
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i)
    if (quoted) {
      if (c === 0x5c) i++
      else if (c === 0x22) quoted = false
    } else if (c === 0x22) quoted = true
    else if (c === 0x5b || c === 0x7b) {
      if (++depth > messageBounds.depth) return tooDeep
      if (++containers > messageBounds.containers) return tooMany
    } else if (c === 0x5d || c === 0x7d) depth--
    else if (c === 0x2c && ++values > messageBounds.values) return tooMany
  }
  return null
}

/**
 * The same for a message received as a value (via a port, structurally cloned): plain arrays and objects of JSON
 * values, with `undefined` for absent members. A cycle is caught by the depth limit.
 */
export function valueProblem(message: unknown): string | null {
  const levels: { members: readonly unknown[]; next: number }[] = []
  let [containers, values, characters] = [0, 0, 0]
  for (let value = message; ;) {
    if (typeof value === 'string') {
      if ((characters += value.length) > messageBounds.bytes) return `is longer than ${messageBounds.bytes} bytes`
    } else if (typeof value === 'object' && value !== null) {
      const list = Array.isArray(value)
      const prototype: unknown = Object.getPrototypeOf(value)
      if (!list && prototype !== Object.prototype && prototype !== null) return noJson
      if (levels.length >= messageBounds.depth) return tooDeep
      const members = list ? (value as unknown[]) : Object.values(value)
      if (++containers > messageBounds.containers || (values += members.length) > messageBounds.values) return tooMany
      levels.push({ members, next: 0 })
    } else if (typeof value !== 'number' && typeof value !== 'boolean' && value !== null && value !== undefined) return noJson
    for (let level = levels.at(-1); level && level.next === level.members.length; level = levels.at(-1)) levels.pop()
    const level = levels.at(-1)
    if (!level) return null
    value = level.members[level.next++]
  }
}

/**
 * The number of a call that will not be parsed, so that the refusal can refer to it: callers write it first or last.
 */
export function callNumber(text: string): number | null {
  const found =
    /^\s*\{\s*"call"\s*:\s*(\d{1,15})\s*[,}]/.exec(text.slice(0, 200)) ?? /,\s*"call"\s*:\s*(\d{1,15})\s*\}\s*$/.exec(text.slice(-200))
  return found ? Number(found[1]) : null
}
