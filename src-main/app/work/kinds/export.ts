import { exchangeMethods } from '#shared/contract/exchange.ts'
import { jobKind } from '../kind.ts'
import { runWork } from '../client.ts'
import { inPhases } from '../plans.ts'

export default jobKind({
  id: 'export',
  lane: 'interactive',
  request: exchangeMethods['exchange.export'].input,
  plan: () => inPhases({ counting: 1, writing: 8, packing: 1 }),
  run: ({ project, signal, progress }, request) => runWork(project, { kind: 'export', ...request }, { signal, onProgress: progress }),
})
