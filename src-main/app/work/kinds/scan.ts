import { z } from 'zod'
import { jobKind } from '../kind.ts'
import { runWork } from '../client.ts'
import { inPhases } from '../plans.ts'

/** Adds the images below a folder, or those named individually, then measures them. They can be viewed meanwhile. */
export default jobKind({
  id: 'scan',
  lane: 'background',
  request: z.union([
    z.object({ folder: z.string().min(1), followLinks: z.boolean().default(false) }),
    z.object({ files: z.array(z.string().min(1)).min(1) }),
  ]),
  plan: () => inPhases({ scanning: 0, measuring: 1, checking: 8 }),
  run: async ({ project, signal, progress, tell }, request) => {
    const onChange = () => tell('project.changed', { what: ['media'] })
    const task = 'files' in request ? { kind: 'add' as const, ...request } : { kind: 'scan' as const, ...request }
    const found = await runWork(project, task, { signal, onProgress: progress, onChange })
    onChange()
    return found
  },
})
