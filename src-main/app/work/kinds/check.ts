import { z } from 'zod'
import { jobKind } from '../kind.ts'
import { runWork } from '../client.ts'

/** Looks again at the files that cannot be read, and at those that nobody has looked at. */
export default jobKind({
  id: 'check',
  lane: 'background',
  request: z.object({}),
  run: async ({ project, signal, progress, tell }) => {
    const found = await runWork(project, { kind: 'check' }, { signal, onProgress: progress })
    tell('project.changed', { what: ['media'] })
    return found
  },
})
