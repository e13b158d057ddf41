import type { exchangeMethods } from '#shared/contract/exchange.ts'
import { exportLosses, formats } from '../../exchange/index.ts'
import type { HandlersOf } from '../parts.ts'

export const exchangeHandlers = (): HandlersOf<typeof exchangeMethods> => ({
  'exchange.formats': () =>
    Object.values(formats).map((f) => ({
      name: f.name,
      title: f.title,
      imports: Boolean(f.read) || f.name === 'dashi',
      exports: Boolean(f.write) || f.name === 'dashi',
    })), // the archive has a reader and a writer of its own
  'exchange.import': (request, client) => ({ jobId: client.queue('import', request, { subject: request.path }).jobId }),
  'exchange.losses': ({ options }, { project }) => exportLosses(project, options),
  'exchange.export': (request, client) => ({ jobId: client.queue('export', request, { subject: request.path }).jobId }),
})
