import type { Attributes } from '#shared/model/region.ts'

const maxText = 2000
const maxDepth = 4

/**
 * Turns a format's extra fields into attributes: texts, numbers and booleans as they are, lists joined, nested objects
 * by path (`pose.left`). Empty and null values are dropped. Later sources override earlier ones.
 */
export function attributesFrom(...sources: unknown[]): Attributes {
  const out: Attributes = {}
  for (const source of sources) add(out, '', source, 0)
  return out
}

function add(out: Attributes, name: string, value: unknown, depth: number): void {
  if (value === null || value === undefined || value === '') return
  if (typeof value === 'boolean' || (typeof value === 'number' && Number.isFinite(value))) out[name || 'value'] = value
  else if (typeof value === 'string') out[name || 'value'] = value.slice(0, maxText)
  else if (Array.isArray(value)) {
    if (value.length === 0) return
    if (value.every((v) => ['string', 'number', 'boolean'].includes(typeof v))) out[name || 'value'] = value.join(', ').slice(0, maxText)
    else out[name || 'value'] = JSON.stringify(value).slice(0, maxText)
  } else if (typeof value === 'object') {
    if (depth >= maxDepth) out[name || 'value'] = JSON.stringify(value).slice(0, maxText)
    else for (const [k, v] of Object.entries(value)) add(out, name ? `${name}.${k}` : k, v, depth + 1)
  }
}
