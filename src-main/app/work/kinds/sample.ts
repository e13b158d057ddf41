import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import { createSampleProject } from '../../sample/project.ts'
import { jobKind } from '../kind.ts'

/** Creates the sample project. The job belongs to no project, so it is in no project's queue. */
export default jobKind({
  id: 'sample',
  lane: 'background',
  request: z.object({ folder: z.string().min(1) }),
  run: async ({ signal, progress }, { folder }) => {
    const onProgress = (done: number, total: number) => progress({ phase: 'drawing', done, total })
    if (!existsSync(join(folder, 'project.db'))) await createSampleProject(folder, { signal, onProgress })
    return { folder }
  },
})
