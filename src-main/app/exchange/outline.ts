/** Outlines a JSON document from its first bytes, which may end anywhere: its top level, and that of a list's first element. */

export type JsonKind = 'object' | 'array' | 'text' | 'number' | 'other'
export interface Outline {
  root: 'object' | 'array' | null
  /** Keys in order: of the root object, of the first object in the root array, or of the first object inside that. */
  keys: Map<string, JsonKind>
  /** Keys of the first object in the list or object under a key. */
  inner: Map<string, string[]>
}

const kinds: Record<string, JsonKind> = { '{': 'object', '[': 'array', '"': 'text' }
const kindAt = (c: string): JsonKind => kinds[c] ?? (/[-\d]/.test(c) ? 'number' : 'other')

export function outlineOf(text: string): Outline {
  const outline: Outline = { root: null, keys: new Map(), inner: new Map() }
  const start = text.replace(/^\ufeff/, '').trimStart()
  if (start[0] !== '{' && start[0] !== '[') return outline
  outline.root = start[0] === '{' ? 'object' : 'array'
  /** Open brackets; for an object, with the key being read. */
  const stack: { array: boolean; key: string | null; count: number }[] = []
  const token = /"((?:[^"\\]|\\.)*)"\s*(:)?|[{}[\],]/g
  for (let m = token.exec(start); m; m = token.exec(start)) {
    const top = stack.at(-1)
    if (m[2]) {
      if (!top || top.array) break
      top.key = m[1]!
      const kind = kindAt(start.slice(token.lastIndex).trimStart()[0] ?? '')
      const first = outline.root === 'array' ? stack.length === 2 && stack[0]!.count === 0 : stack.length === 1
      if (first && outline.keys.size < 200) outline.keys.set(top.key, kind)
      else {
        // Inside the first object of the list (or object) under one of the outline's keys.
        const depth = outline.root === 'array' ? 2 : 1
        const [holder, ...rest] = stack.slice(depth - 1)
        const inFirst =
          rest.length > 0 &&
          rest.every((s, i) => (i === rest.length - 1 ? !s.array : s.array ? s.count === 0 : s.key !== null)) &&
          rest.length <= 2
        if (inFirst && holder?.key && (outline.root !== 'array' || stack[0]!.count === 0)) {
          const list = outline.inner.get(holder.key) ?? []
          if (list.length < 40 && !list.includes(top.key)) outline.inner.set(holder.key, [...list, top.key])
        }
      }
    } else if (m[0] === '{' || m[0] === '[') stack.push({ array: m[0] === '[', key: null, count: 0 })
    else if (m[0] === '}' || m[0] === ']') {
      stack.pop()
      if (stack.length === 0) break
    } else if (m[0] === ',' && top?.array) top.count++
  }
  return outline
}
