import type { z } from 'zod'
import { dataError } from '#shared/errors.ts'
import { inField } from '#shared/sentences/issue.ts'
import { sentence } from '#shared/sentences/table.ts'
import { CONFIG_BYTES, isThere, parseBounded, readText } from '../weights/regular.ts'

/**
 * The content of a text file of at most `limit` bytes; `undefined` if it does not exist.
 * @throws dataError: unreadable or too long
 */
export const findText = (file: string, limit = CONFIG_BYTES): string | undefined => (isThere(file) ? readText(file, limit) : undefined)

/**
 * The parsed content of a JSON file of at most `limit` bytes; `undefined` if it does not exist.
 * @throws dataError: unreadable, too long, or not JSON
 */
export function findJson(file: string, limit = CONFIG_BYTES): unknown {
  const text = findText(file, limit)
  if (text === undefined) return undefined
  try {
    return parseBounded(text)
  } catch (e) {
    throw dataError(file, sentence('model.expected-json', { reason: (e as Error).message }), e)
  }
}

/** Parses `json` by the schema. @throws dataError naming the file and the first invalid field, preceded by `prefix` */
export function parseJson<S extends z.ZodType>(schema: S, json: unknown, file: string, prefix = ''): z.output<S> {
  const parsed = schema.safeParse(json)
  if (parsed.success) return parsed.data
  const issue = parsed.error.issues[0]!
  throw dataError(file, inField(`${prefix}${issue.path.join('.') || 'content'}`, issue.message))
}
