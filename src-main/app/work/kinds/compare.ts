import path from 'node:path'
import { z } from 'zod'
import { comparedTaskSchema } from '#shared/model/region-comparison.ts'
import { compareCheckpoints } from '../../evaluation/compare.ts'
import { keepComparison } from '../../evaluation/kept.ts'
import { jobKind } from '../kind.ts'

/** Compares several checkpoints on the same splits. */
export default jobKind({
  id: 'compare',
  lane: 'training',
  request: z.object({
    task: comparedTaskSchema.default('classify'),
    checkpoints: z.array(z.string()),
    splits: z.array(z.string()).optional(),
  }),
  run: async ({ models, project, signal, progress }, { task, checkpoints, splits }) => {
    const folders = checkpoints.map((c) => path.resolve(project.folder, c))
    const onProgress = (done: number, total: number) => progress({ phase: 'evaluating', done, total })
    const found = await compareCheckpoints(models, project, { task, checkpoints: folders, splits }, { signal, onProgress })
    if (!splits) keepComparison(project, checkpoints, found)
    return found
  },
})
