/// <reference types="vite/types/importMeta.d.ts" />
/** The exchange formats there are: every record in `formats/`. */
import type { z } from 'zod'
import { userError } from '#shared/errors.ts'
import { byId, inOrder } from '#shared/model/registry.ts'
import { sentence } from '#shared/sentences/table.ts'
import type { Format } from './format.ts'
import { type Peek, peekAt } from './peek.ts'

const files = import.meta.glob<Format>('./formats/*.ts', { import: 'default', eager: true })

/** In detection order. */
export const formats = inOrder(files)

/** @throws a user error that lists the known formats */
export const formatRecord = byId(formats, (format, known) => sentence('exchange.unknown-format', { format, known }))

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
