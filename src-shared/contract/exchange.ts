/** Import and export. */
import { z } from 'zod'
import { exportOptions, formatName, importOptions, loss } from '../model/exchange.ts'
import { text } from '../model/text.ts'
import { method } from './method.ts'

const started = z.object({ jobId: z.string() })

export const exchangeMethods = {
  'exchange.formats': method(
    z.object({}).default({}),
    z.array(z.object({ name: formatName, title: z.string(), imports: z.boolean(), exports: z.boolean() })),
  ),
  /** The job's result is an `importReport`. */
  'exchange.import': method(z.object({ path: text().min(1), options: importOptions }), started),
  /** What an export would lose, before it is made. */
  'exchange.losses': method(z.object({ options: exportOptions }), z.array(loss)),
  /** The job's result is an `exportReport`. */
  'exchange.export': method(z.object({ path: text().min(1), options: exportOptions }), started),
}
