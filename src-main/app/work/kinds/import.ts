import { exchangeMethods } from '#shared/contract/exchange.ts'
import { jobKind } from '../kind.ts'
import { runWork } from '../client.ts'

export default jobKind({
  id: 'import',
  lane: 'interactive',
  request: exchangeMethods['exchange.import'].input,
  plan: () => [
    { name: 'reading', cost: 1 },
    { name: 'storing', cost: 2 },
    { name: 'checking', cost: 8 },
  ],
  run: async ({ project, signal, progress, tell }, request) => {
    const report = await runWork(project, { kind: 'import', ...request }, { signal, onProgress: progress })
    tell('annotations.changed', { mediaIds: [], action: 'import', origin: '' })
    tell('project.changed', { what: ['media', 'labels'] })
    return report
  },
})
