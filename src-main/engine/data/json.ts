import { readFile } from 'node:fs/promises'
import type { z } from 'zod'
import { dataError } from '#shared/errors.ts'
import { ioError } from '../../files/words.ts'

/**
 * A text file's content; `undefined` where there is no such file.
 * @throws dataError: unreadable
 */
export async function readText(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, 'utf8')
  } catch (e) {
    const { code } = e as NodeJS.ErrnoException
    if (code === 'ENOENT') return undefined
    throw ioError(file, 'read', e)
  }
}

/**
 * A JSON file's content; `undefined` where there is no such file.
 * @throws dataError: unreadable, or not JSON.
 */
export async function readJson(file: string): Promise<unknown> {
  const text = await readText(file)
  if (text === undefined) return undefined
  try {
    return JSON.parse(text) as unknown
  } catch (e) {
    throw dataError(file, 'expected JSON', e)
  }
}

/** `json` as the schema has it; else a dataError with the file and the first field at fault, `prefix` before its name. */
export function parseJson<S extends z.ZodType>(schema: S, json: unknown, file: string, prefix = ''): z.output<S> {
  const parsed = schema.safeParse(json)
  if (parsed.success) return parsed.data
  const issue = parsed.error.issues[0]!
  throw dataError(file, `${prefix}${issue.path.join('.') || 'content'}: ${issue.message}`)
}
