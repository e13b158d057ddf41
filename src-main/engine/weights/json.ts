import type { z } from 'zod'
import { dataError } from '#shared/errors.ts'
import { inField } from '#shared/sentences/issue.ts'
import { sentence } from '#shared/sentences/table.ts'
import { replaceFile, writeAll } from './files.ts'
import { CONFIG_BYTES, parseBounded, readText } from './regular.ts'

/**
 * Reads and validates a JSON file of at most `limit` bytes.
 * @throws a data fault with the path of the invalid field
 */
export function readJson<T>(file: string, schema: z.ZodType<T>, limit = CONFIG_BYTES): T {
  const text = readText(file, limit)
  let value: unknown
  try {
    value = parseBounded(text)
  } catch (e) {
    throw dataError(file, sentence('model.not-json', { reason: (e as Error).message }), e)
  }
  const result = schema.safeParse(value)
  if (result.success) return result.data
  const issue = result.error.issues[0]!
  throw dataError(file, inField(fieldPath(issue.path), issue.message), result.error)
}

const fieldPath = (keys: readonly PropertyKey[]) => {
  const at = keys.map((k) => (typeof k === 'number' ? `[${k}]` : `.${String(k)}`)).join('')
  return at.replace(/^\./, '')
}

/** Replaces `file` with `value` as indented JSON. */
export const writeJson = (file: string, value: unknown) =>
  replaceFile(file, (fd) => writeAll(fd, Buffer.from(`${JSON.stringify(value, null, 2)}\n`)))
