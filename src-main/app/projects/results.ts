/** Results that are computed once and read many times: JSON files in the project's `curation` folder. */
import { readFileSync } from 'node:fs'
import path from 'node:path'
import type { z } from 'zod'
import { replaceText } from '../../files/atomic.ts'

export const resultsFolder = ({ folder }: { readonly folder: string }): string => path.join(folder, 'curation')

/**
 * Replaces the previous result.
 * @param ours schema matching results of any version. The `curation` folder may have existed before and belong to the
 * user: a file that is not a result is never replaced.
 */
export const writeResult = (file: string, result: object, ours: z.ZodType): void =>
  replaceText(file, JSON.stringify(result), { isOurs: (text) => parsed(text, ours) !== null })

/** Null if there is none, or if it is of another version or not ours. */
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
    return null // not JSON
  }
}
