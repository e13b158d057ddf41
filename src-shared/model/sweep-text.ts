/** Axes as people write them, in the terminal and in the window. */
import { userError } from '../errors.ts'
import { sentence } from '../sentences/table.ts'
import type { Axis, SweptValue } from './sweep.ts'

/**
 * The axis that a text describes: `1e-4,1e-5`, `log:1e-6:1e-3`, `uniform:0:0.2` or `choice:light:strong`; undefined for a single value.
 * @throws a user fault naming the field
 */
export function axisOf(field: string, text: string): Axis | undefined {
  const bad = () => userError(sentence('sweep.axis', { field, found: text }))
  const [, kind, rest] = /^\s*(log|uniform|choice):(.*)$/.exec(text) ?? []
  if (kind === undefined) {
    const values = text.split(',')
    if (values.some((v) => v.trim() === '')) throw bad()
    return values.length > 1 ? { kind: 'grid', field, values: values.map(sweptValueOf) } : undefined
  }
  const parts = rest!.split(':').map((p) => p.trim())
  if (parts.includes('')) throw bad()
  if (kind === 'choice') return { kind, field, values: parts.map(sweptValueOf) }
  const [from, to] = parts.map(Number)
  if (parts.length !== 2 || !Number.isFinite(from) || !Number.isFinite(to)) throw bad()
  return { kind: kind === 'log' ? 'log-uniform' : 'uniform', field, from: from!, to: to! }
}

export function sweptValueOf(text: string): SweptValue {
  const value = text.trim()
  if (value === 'true' || value === 'false') return value === 'true'
  return Number.isFinite(Number(value)) ? Number(value) : value
}

/** The text of an axis; of a grid with one value just that. */
export function axisText(axis: Axis): string {
  if (axis.kind === 'grid') return axis.values.map(String).join(', ')
  if (axis.kind === 'choice') return `choice:${axis.values.map(String).join(':')}`
  return `${axis.kind === 'log-uniform' ? 'log' : 'uniform'}:${axis.from}:${axis.to}`
}
