import { z } from 'zod'
import { jobKind } from '../kind.ts'
import { runWork } from '../client.ts'

/** Rechecks unreadable files and checks those never checked. */
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
