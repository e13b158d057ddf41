/**
 * What windows, the terminal and the application say to each other, and what is stored, as it stands in contract.txt: a change there is a
 * change that pages already open, scripts and older projects meet. DASHI_WRITE_CONTRACT=1 writes it anew; look at its diff.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { expect, test } from 'vitest'
import { z } from 'zod'
import { events, methods } from '#shared/contract.ts'

interface JsonSchema {
  readonly [key: string]: unknown
  readonly type?: string
  readonly properties?: Record<string, JsonSchema>
  readonly required?: string[]
  readonly additionalProperties?: JsonSchema | boolean
  readonly propertyNames?: JsonSchema
  readonly items?: JsonSchema
  readonly prefixItems?: JsonSchema[]
  readonly anyOf?: JsonSchema[]
  readonly oneOf?: JsonSchema[]
  readonly allOf?: JsonSchema[]
  readonly enum?: unknown[]
  readonly const?: unknown
  readonly $ref?: string
}

const shown = ['type', 'properties', 'required', 'additionalProperties', 'propertyNames', 'items', 'prefixItems', 'anyOf', 'oneOf', 'allOf']
const silent = [...shown, 'enum', 'const', '$ref', '$schema', '$defs', 'description']

/** A type as a person writes it, with what bounds it in parentheses. */
function written(s: JsonSchema): string {
  const bounds = Object.entries(s)
    .filter(([key, value]) => !silent.includes(key) && Math.abs(Number(value)) !== Number.MAX_SAFE_INTEGER)
    .map(([key, value]) => `${key} ${JSON.stringify(value)}`)
  return shape(s) + (bounds.length ? `(${bounds.join(', ')})` : '')
}
function shape(s: JsonSchema): string {
  if (s.$ref) return s.$ref.replace(/^.*\//, '')
  if (s.const !== undefined) return JSON.stringify(s.const)
  if (s.enum) return s.enum.map((v) => JSON.stringify(v)).join(' | ')
  const parts = s.anyOf ?? s.oneOf
  if (parts) return parts.map(written).join(' | ')
  if (s.allOf) return s.allOf.map(written).join(' & ')
  if (s.prefixItems) return `[${s.prefixItems.map(written).join(', ')}]`
  if (s.type === 'array') return `(${written(s.items ?? {})})[]`
  if (s.properties) {
    const fields = Object.entries(s.properties).map(([name, v]) => `${name}${s.required?.includes(name) ? '' : '?'}: ${written(v)}`)
    return `{ ${fields.join('; ')}${s.additionalProperties === false ? '' : '; …'} }`
  }
  if (s.type === 'object')
    return `{ [${written(s.propertyNames ?? {})}]: ${typeof s.additionalProperties === 'object' ? written(s.additionalProperties) : 'any'} }`
  return s.type ?? 'any'
}
const typeOf = (schema: z.ZodType, io: 'input' | 'output') =>
  written(z.toJSONSchema(schema, { io, unrepresentable: 'any', cycles: 'ref' }) as JsonSchema)

const modules = import.meta.glob<Record<string, unknown>>(['../../../src-shared/model/*.ts', '../../../src-shared/contract/*.ts'], {
  eager: true,
})
const stored = Object.entries(modules).flatMap(([file, exports]) =>
  Object.entries(exports).flatMap(([name, value]) =>
    value instanceof z.ZodType ? [[`${path.basename(file, '.ts')}.${name}`, value] as const] : [],
  ),
)

const lines = [
  ...Object.entries(methods).map(([name, m]) => `${name}: ${typeOf(m.input, 'input')} → ${typeOf(m.output, 'output')}`),
  ...Object.entries(events).map(([name, data]) => `event ${name}: ${typeOf(data, 'output')}`),
  ...stored.map(([name, schema]) => `type ${name}: ${typeOf(schema, 'input')}`),
].sort()
const file = path.join(import.meta.dirname, 'contract.txt')

test('is as it was', () => {
  if (process.env['DASHI_WRITE_CONTRACT']) writeFileSync(file, `${lines.join('\n')}\n`)
  expect(lines).toEqual(readFileSync(file, 'utf8').trimEnd().split('\n'))
})
