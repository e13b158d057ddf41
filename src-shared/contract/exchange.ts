/** Import and export. */
import { z } from 'zod'
import { exportOptions, formatName, importOptions, loss } from '../model/exchange.ts'
import { text } from '../model/text.ts'
import { wordsSchema } from '../model/words.ts'
import { method } from './method.ts'

export const formatEntry = z.object({
  name: formatName,
  title: wordsSchema,
  about: wordsSchema,
  extensions: z.array(z.string()),
  reference: z.string(),
  imports: z.boolean(),
  exports: z.boolean(),
  /** JSON schemas of the available settings; null if there are none. */
  importSettings: z.record(z.string(), z.json()).nullable(),
  exportSettings: z.record(z.string(), z.json()).nullable(),
})
export type FormatEntry = z.infer<typeof formatEntry>

const started = z.object({ jobId: z.string() })

export const exchangeMethods = {
  'exchange.formats': method(z.object({}).default({}), z.array(formatEntry)),
  /** The job's result is an `importReport`. */
  'exchange.import': method(z.object({ path: text().min(1), options: importOptions }), started),
  /** What an export would lose, before it is made. */
  'exchange.losses': method(z.object({ options: exportOptions }), z.array(loss)),
  /** The job's result is an `exportReport`. */
  'exchange.export': method(z.object({ path: text().min(1), options: exportOptions }), started),
}
