/** Validates the steps of a `tokenizer.json` around the vocabulary; only steps that run in linear time are accepted. */
import { z } from 'zod'
import { dataError } from '#shared/errors.ts'
import { sentence } from '#shared/sentences/table.ts'
import { isLinear } from './pattern.ts'

const MAX_STEPS = 64
const MAX_STRING = 2000
/** The largest factor by which all replacements together may lengthen a text. */
const MAX_GROWTH = 64

const pattern = z.looseObject({ Regex: z.string() })
const replacement = z.looseObject({ type: z.literal('Replace'), content: z.string() })

/** @throws a data fault naming the step and the problem */
export function checkSteps(parts: Readonly<Record<string, unknown>>, file: string): void {
  for (const [part, root] of Object.entries(parts)) {
    let [steps, growth] = [0, 1]
    const visit = (value: unknown, at: string): void => {
      if (typeof value === 'string' && value.length > MAX_STRING && !at.endsWith('.precompiled_charsmap'))
        throw dataError(file, sentence('tokenizer.long-string', { field: at, limit: MAX_STRING, found: value.length }))
      if (typeof value !== 'object' || value === null) return
      if (++steps > 4 * MAX_STEPS) throw dataError(file, sentence('tokenizer.steps', { field: part, limit: MAX_STEPS }))
      const regex = pattern.safeParse(value)
      if (regex.success && !isLinear(regex.data.Regex)) {
        const shown = JSON.stringify(regex.data.Regex).slice(0, 100)
        throw dataError(file, sentence('tokenizer.slow-pattern', { field: `${at}.Regex`, pattern: shown }))
      }
      const replace = replacement.safeParse(value)
      if (replace.success && (growth *= Math.max(1, replace.data.content.length)) > MAX_GROWTH)
        throw dataError(file, sentence('tokenizer.growth', { field: `${at}.content`, limit: MAX_GROWTH }))
      for (const [key, inner] of Object.entries(value)) visit(inner, `${at}.${key}`)
    }
    visit(root, part)
  }
}
