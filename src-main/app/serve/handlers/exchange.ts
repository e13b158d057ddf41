import type { exchangeMethods } from '#shared/contract/exchange.ts'
import { exportFrom, exportLosses, formats, importInto } from '../../exchange/index.ts'
import type { HandlersOf } from './index.ts'

export const exchangeHandlers = (): HandlersOf<typeof exchangeMethods> => ({
  'exchange.formats': () => Object.values(formats).map((f) => ({ name: f.name, imports: Boolean(f.read), exports: Boolean(f.write) })),
  'exchange.import': ({ path, options }, client) => ({
    jobId: client.startJob('import', path, async (project, { signal, progress }, tell) => {
      const report = await importInto(project, path, { ...options, signal, onProgress: (p) => progress(p.done, p.of) })
      tell('annotations.changed', { mediaIds: [], action: 'import', origin: '' })
      return report
    }),
  }),
  'exchange.losses': ({ options }, { project }) => exportLosses(project, options),
  'exchange.export': ({ path, options }, client) => ({
    jobId: client.startJob('export', path, (project, { signal, progress }) =>
      exportFrom(project, path, { ...options, signal, onProgress: (p) => progress(p.done, p.of) }),
    ),
  }),
})
