/** Results that were found out once and are looked at many times: files of JSON in the project's `curation` folder. */
import { readFileSync } from 'node:fs'
import path from 'node:path'
import type { z } from 'zod'
import { replaceText } from '../../files/atomic.ts'

export const resultsFolder = ({ folder }: { readonly folder: string }): string => path.join(folder, 'curation')

/**
 * In the place of the one before.
 * @param ours what a result of any version holds. A project's folder is often one that somebody had before, with a `curation` of
 *   their own: what is no result is not replaced.
 */
export const writeResult = (file: string, result: object, ours: z.ZodType): void =>
  replaceText(file, JSON.stringify(result), { isOurs: (text) => parsed(text, ours) !== null })

/** Null where there is none, where it is of another version, or where it is somebody else's. */
export function readResult<S extends z.ZodType>(file: string, schema: S): z.infer<S> | null {
  try {
    return parsed(readFileSync(file, 'utf8'), schema)
  } catch {
    return null
  }
}

function parsed<S extends z.ZodType>(text: string, schema: S): z.infer<S> | null {
  try {
    return schema.safeParse(JSON.parse(text)).data ?? null
  } catch {
    return null // no JSON
  }
}
