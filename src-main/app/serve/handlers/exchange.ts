import { z } from 'zod'
import type { exchangeMethods } from '#shared/contract/exchange.ts'
import { canExport, canImport, exportLosses, formats } from '../../exchange/index.ts'
import type { HandlersOf } from '../parts.ts'

const jsonObject = z.record(z.string(), z.json())
const schemaOf = (settings: z.ZodType | undefined) => (settings ? jsonObject.parse(z.toJSONSchema(settings, { io: 'input' })) : null)

export const exchangeHandlers = (): HandlersOf<typeof exchangeMethods> => ({
  'exchange.formats': () =>
    formats.map((f) => ({
      name: f.id,
      title: f.title,
      about: f.about,
      extensions: [...f.extensions],
      reference: f.reference,
      imports: canImport(f),
      exports: canExport(f),
      importSettings: schemaOf(f.importSettings),
      exportSettings: schemaOf(f.exportSettings),
    })),
  'exchange.import': (request, client) => ({ jobId: client.queue('import', request, { subject: request.path }).jobId }),
  'exchange.losses': ({ options }, { project }) => exportLosses(project, options),
  'exchange.export': (request, client) => ({ jobId: client.queue('export', request, { subject: request.path }).jobId }),
})
