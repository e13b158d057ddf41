/** The model that a `config.json` describes, independent of the `transformers` release that wrote it. */
import { z } from 'zod'
import { type Sentence, sentence } from '#shared/sentences/table.ts'
import { essential } from '../models/essence.ts'
import { familyOf } from '../models/families.ts'
import { readJson } from '../weights/json.ts'

/**
 * A configuration with the defaults of `transformers` filled in and without keys that cannot affect outputs. Two
 * configurations without a {@link configDifference} describe the same model. That of an unknown family is compared as
 * written.
 */
export function effectiveConfig(file: string): unknown {
  const raw = readJson(file, z.record(z.string(), z.unknown()))
  const family = raw['model_type'] === undefined ? undefined : familyOf(raw)
  return family ? family.essential((schema) => readJson(file, schema)) : essential(raw)
}

const CLOSE = 1e-6

/**
 * `FIELD: expected A, found B` for the first field in which two JSON values differ. Numbers are compared to float32
 * precision.
 */
export function configDifference(a: unknown, b: unknown, at = ''): Sentence | undefined {
  if (a === b) return undefined
  if (typeof a === 'number' && typeof b === 'number' && Math.abs(a - b) <= CLOSE * Math.min(Math.abs(a), Math.abs(b))) return undefined
  if (typeof a === 'object' && typeof b === 'object' && a && b && Array.isArray(a) === Array.isArray(b)) {
    for (const key of new Set([...Object.keys(a), ...Object.keys(b)])) {
      const found = configDifference(a[key as never], b[key as never], Array.isArray(a) ? `${at}[${key}]` : at ? `${at}.${key}` : key)
      if (found) return found
    }
    return undefined
  }
  return sentence('merge.difference', { field: at || sentence('merge.document'), expected: show(a), found: show(b) })
}

const show = (x: unknown) => (x === undefined ? sentence('merge.nothing') : JSON.stringify(x).slice(0, 60))
