/// <reference types="vite/types/importMeta.d.ts" />
/** The exchange formats there are: every record in `formats/`. */
import type { z } from 'zod'
import { userError } from '#shared/errors.ts'
import { sentence } from '#shared/sentences/table.ts'
import type { Format } from './format.ts'
import { type Peek, peekAt } from './peek.ts'

const files = import.meta.glob<Format>('./formats/*.ts', { import: 'default', eager: true })

/** In detection order. */
export const formats: readonly Format[] = Object.values(files).sort((a, b) => a.order - b.order)

/** @throws a user error that lists the known formats */
export function formatRecord(id: string): Format {
  const format = formats.find((f) => f.id === id)
  if (!format) throw userError(sentence('exchange.unknown-format', { format: id, known: formats.map((f) => f.id).join(', ') }))
  return format
}

/**
 * A format's settings with defaults filled in.
 * @param named maps a setting to the name used by the person who gave it
 * @throws a user error naming the setting
 */
export function settingsOf(
  format: Format,
  direction: 'import' | 'export',
  given: Readonly<Record<string, unknown>>,
  named = (key: string) => key,
): Record<string, unknown> {
  const schema: z.ZodObject | undefined = format[`${direction}Settings`]
  const known = Object.keys(schema?.shape ?? {})
  const unknown = Object.keys(given).find((key) => !known.includes(key))
  if (unknown !== undefined) throw userError(sentence('exchange.unknown-setting', { setting: named(unknown), format: format.id }))
  const parsed = schema?.safeParse(given)
  if (!parsed) return {}
  if (parsed.success) return parsed.data
  const issue = parsed.error.issues[0]!
  throw userError(sentence('in-field', { field: named(issue.path.join('.')), problem: issue.message }))
}

/** The first format that recognises a file by its name and content; null if none does. */
export const formatOf = (peek: Peek): string | null => formats.find((f) => f.recognises?.(peek))?.id ?? null
export const detectFile = (file: string): string | null => formatOf(peekAt(file))
