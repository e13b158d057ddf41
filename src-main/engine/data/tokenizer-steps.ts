/** Validates the steps of a `tokenizer.json` around the vocabulary; only steps that run in linear time are accepted. */
import { z } from 'zod'
import { dataError } from '#shared/errors.ts'
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
        throw dataError(file, `${at}: expected at most ${MAX_STRING} characters, found ${value.length}`)
      if (typeof value !== 'object' || value === null) return
      if (++steps > 4 * MAX_STEPS) throw dataError(file, `${part}: expected at most ${MAX_STEPS} steps`)
      const regex = pattern.safeParse(value)
      if (regex.success && !isLinear(regex.data.Regex)) {
        const shown = JSON.stringify(regex.data.Regex).slice(0, 100)
        throw dataError(
          file,
          `${at}.Regex: ${shown} may take for ever on some texts, so it is not run: ` +
            `expected alternatives like CLIP's, each a repeated kind of character at most`,
        )
      }
      const replace = replacement.safeParse(value)
      if (replace.success && (growth *= Math.max(1, replace.data.content.length)) > MAX_GROWTH)
        throw dataError(file, `${at}.content: would make a text more than ${MAX_GROWTH} times as long`)
      for (const [key, inner] of Object.entries(value)) visit(inner, `${at}.${key}`)
    }
    visit(root, part)
  }
}
