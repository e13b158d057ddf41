import { z } from 'zod'
import { annotationSentences } from './annotations.ts'
import { commandSentences } from './commands.ts'
import { curationSentences } from './curation.ts'
import { engineSentences } from './engine.ts'
import { exchangeSentences } from './exchange.ts'
import { fileSentences } from './files.ts'
import { findingSentences } from './findings.ts'
import { generalSentences } from './general.ts'
import { hubSentences } from './hub.ts'
import { labSentences } from './lab.ts'
import { mediaSentences } from './media.ts'
import { previewSentences } from './preview.ts'
import { projectSentences } from './projects.ts'
import { readingSentences } from './reading.ts'
import { schemaSentences } from './schema.ts'
import { servingSentences } from './serving.ts'
import { slurmSentences } from './slurm.ts'
import { storageSentences } from './storage.ts'
import { sweepSentences } from './sweeps.ts'
import { trainingSentences } from './training.ts'

/** Every error message in English, by code. A locale has a table of the same codes. */
export const sentences = {
  ...generalSentences,
  ...annotationSentences,
  ...commandSentences,
  ...curationSentences,
  ...engineSentences,
  ...exchangeSentences,
  ...fileSentences,
  ...findingSentences,
  ...hubSentences,
  ...labSentences,
  ...mediaSentences,
  ...previewSentences,
  ...projectSentences,
  ...readingSentences,
  ...schemaSentences,
  ...servingSentences,
  ...slurmSentences,
  ...storageSentences,
  ...sweepSentences,
  ...trainingSentences,
} as const

export type SentenceCode = keyof typeof sentences

/** The placeholders of a template: of '{file}: no {what}' they are 'file' and 'what'. */
type NamesIn<Template extends string> = Template extends `${string}{${infer Name}}${infer Rest}` ? Name | NamesIn<Rest> : never
export type Params<C extends SentenceCode> = { readonly [N in NamesIn<(typeof sentences)[C]>]: Param }
/** The value of a placeholder: a text or a number, or another sentence, which is translated too. */
export type Param = string | number | Sentence

/** A message independent of language; in this form it is sent between threads and processes and stored. */
export type Sentence = {
  readonly code: SentenceCode
  readonly params: { readonly [name: string]: Param }
}

const isCode = (code: string): code is SentenceCode => Object.hasOwn(sentences, code)
export const sentenceSchema: z.ZodType<Sentence> = z.object({
  code: z.string().refine(isCode),
  get params() {
    return z.record(z.string(), z.union([z.string(), z.number(), sentenceSchema]))
  },
})

/** A sentence by its code, with the parameters of its template. */
export const sentence = <C extends SentenceCode>(code: C, ...[params]: NamesIn<(typeof sentences)[C]> extends never ? [] : [Params<C>]) =>
  ({ code, params: Object.fromEntries(Object.entries<Param>(params ?? {}).map(([name, param]) => [name, jsonable(param)])) }) as Sentence

/** JSON and schemas have no NaN and no infinity. */
const jsonable = (param: Param): Param => (typeof param === 'number' && !Number.isFinite(param) ? String(param) : param)

/** The sentence in the language of `table`; codes missing from the table are in English. */
export function say({ code, params }: Sentence, table: { readonly [C in SentenceCode]?: string } = sentences): string {
  const template = table[code] ?? sentences[code]
  return template.replace(/\{(\w+)\}/g, (whole, name: string) => {
    const param = Object.hasOwn(params, name) ? params[name] : undefined
    return param === undefined ? whole : typeof param === 'object' ? say(param, table) : String(param)
  })
}
