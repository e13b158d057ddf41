import { z } from 'zod'
import type { exchangeMethods } from '#shared/contract/exchange.ts'
import { canExport, canImport, exportLosses, formats } from '../../exchange/index.ts'
import { runWork } from '../../work/client.ts'
import type { HandlersOf } from './index.ts'

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
