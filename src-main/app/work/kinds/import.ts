import { exchangeMethods } from '#shared/contract/exchange.ts'
import { jobKind } from '../kind.ts'
import { runWork } from '../client.ts'
import { inPhases } from '../plans.ts'

export default jobKind({
  id: 'import',
  lane: 'interactive',
  request: exchangeMethods['exchange.import'].input,
  plan: () => inPhases({ reading: 1, storing: 2, checking: 8 }),
  run: async ({ project, signal, progress, tell }, request) => {
    const report = await runWork(project, { kind: 'import', ...request }, { signal, onProgress: progress })
    tell('annotations.changed', { mediaIds: [], action: 'import', origin: '' })
    tell('project.changed', { what: ['media', 'labels'] })
    return report
  },
})
