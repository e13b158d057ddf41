import { z } from 'zod'
import { jobKind } from '../kind.ts'
import { runWork } from '../client.ts'

/** Looks below a folder for images whose files are missing. */
export default jobKind({
  id: 'link',
  lane: 'interactive',
  request: z.object({ folder: z.string().min(1) }),
  run: async ({ project, signal, progress, tell }, { folder }) => {
    const result = await runWork(project, { kind: 'link', folder }, { signal, onProgress: progress })
    tell('project.changed', { what: ['media'] })
    return result
  },
})
