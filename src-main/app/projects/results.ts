/** Results that are computed once and read many times: JSON files in the project's `curation` folder. */
import { readFileSync } from 'node:fs'
import path from 'node:path'
import type { z } from 'zod'
import { replaceText } from '../../files/atomic.ts'

export const resultsFolder = ({ folder }: { readonly folder: string }): string => path.join(folder, 'curation')

/**
 * Replaces the result before.
 * @param ours what a result of any version holds. A project's folder may have had a `curation` folder of its owner's before: a file
 *   that is not a result is never replaced.
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
