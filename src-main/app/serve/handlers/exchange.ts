import type { exchangeMethods } from '#shared/contract/exchange.ts'
import { exportLosses, formats } from '../../exchange/index.ts'
import { runWork } from '../../work/client.ts'
import type { HandlersOf } from './index.ts'

export const exchangeHandlers = (): HandlersOf<typeof exchangeMethods> => ({
  'exchange.formats': () =>
    Object.values(formats).map((f) => ({
      name: f.name,
      title: f.title,
      imports: Boolean(f.read) || f.name === 'dashi',
      exports: Boolean(f.write) || f.name === 'dashi',
    })), // the archive has a reader and a writer of its own
  'exchange.import': ({ path, options }, client) => ({
    jobId: client.startJob('import', path, async (project, { signal, progress }, tell) => {
      const report = await runWork(
        project,
        { kind: 'import', path, options },
        { signal, onProgress: (p) => progress(p.done, p.of, p.phase) },
      )
      tell('annotations.changed', { mediaIds: [], action: 'import', origin: '' })
      tell('project.changed', { what: ['media', 'labels'] })
      return report
    }),
  }),
  'exchange.losses': ({ options }, { project }) => exportLosses(project, options),
  'exchange.export': ({ path, options }, client) => ({
    jobId: client.startJob('export', path, (project, { signal, progress }) =>
      runWork(project, { kind: 'export', path, options }, { signal, onProgress: (p) => progress(p.done, p.of, p.phase) }),
    ),
  }),
})
