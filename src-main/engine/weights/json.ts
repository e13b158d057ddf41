import fs from 'node:fs'
import type { z } from 'zod'
import { dataError } from '#shared/errors.ts'
import { ioError, replaceFile, writeAll } from './files.ts'

/** Larger files are not configuration: refused before they fill the memory. */
const MAX_BYTES = 256 * 1024 * 1024

/** The JSON document in `file`, as `schema` understands it; otherwise one line with the path of the field at fault. */
export function readJson<T>(file: string, schema: z.ZodType<T>): T {
  let value: unknown
  try {
    const { size } = fs.statSync(file)
    if (size > MAX_BYTES) throw dataError(file, `expected a JSON document, found ${size} bytes`)
    value = JSON.parse(fs.readFileSync(file, 'utf8'))
  } catch (e) {
    if (e instanceof SyntaxError) throw dataError(file, `not a JSON document: ${e.message.split('\n')[0]}`, e)
    throw ioError(file, 'read', e)
  }
  const result = schema.safeParse(value)
  if (result.success) return result.data
  const issue = result.error.issues[0]!
  throw dataError(file, `${fieldPath(issue.path)}${issue.message}`, result.error)
}

const fieldPath = (keys: readonly PropertyKey[]) => {
  const at = keys.map((k) => (typeof k === 'number' ? `[${k}]` : `.${String(k)}`)).join('')
  return at && `${at.replace(/^\./, '')}: `
}

/** Replaces `file` by `value` as indented JSON. */
export const writeJson = (file: string, value: unknown) =>
  replaceFile(file, (fd) => writeAll(fd, Buffer.from(`${JSON.stringify(value, null, 2)}\n`)))
