import type { z } from 'zod'
import { dataError } from '#shared/errors.ts'
import { CONFIG_BYTES, isThere, parseBounded, readText } from '../weights/regular.ts'

/**
 * A text file's content, of at most `limit` bytes; `undefined` where there is no such file.
 * @throws dataError: unreadable
 */
export const findText = (file: string, limit = CONFIG_BYTES): string | undefined => (isThere(file) ? readText(file, limit) : undefined)

/**
 * A JSON file's content, of at most `limit` bytes; `undefined` where there is no such file.
 * @throws dataError: unreadable, or not JSON.
 */
export function findJson(file: string, limit = CONFIG_BYTES): unknown {
  const text = findText(file, limit)
  if (text === undefined) return undefined
  try {
    return parseBounded(text)
  } catch (e) {
    throw dataError(file, `expected JSON (${(e as Error).message})`, e)
  }
}

/** `json` as the schema has it; else a dataError with the file and the first field at fault, `prefix` before its name. */
export function parseJson<S extends z.ZodType>(schema: S, json: unknown, file: string, prefix = ''): z.output<S> {
  const parsed = schema.safeParse(json)
  if (parsed.success) return parsed.data
  const issue = parsed.error.issues[0]!
  throw dataError(file, `${prefix}${issue.path.join('.') || 'content'}: ${issue.message}`)
}
