import { exchangeMethods } from '#shared/contract/exchange.ts'
import { jobKind } from '../kind.ts'
import { runWork } from '../client.ts'

export default jobKind({
  id: 'export',
  lane: 'interactive',
  request: exchangeMethods['exchange.export'].input,
  plan: () => [
    { name: 'counting', cost: 1 },
    { name: 'writing', cost: 8 },
    { name: 'packing', cost: 1 },
  ],
  run: ({ project, signal, progress }, request) => runWork(project, { kind: 'export', ...request }, { signal, onProgress: progress }),
})
