import path from 'node:path'
import { z } from 'zod'
import { mergeOf, mergeIntoProject, mergeWrites, registerMerge } from '../../merging/merge.ts'
import { getRun } from '../../projects/index.ts'
import { waitForRoom } from '../../storage/storage.ts'
import { classificationData } from '../../training/dataset.ts'
import { ownName } from '../../training/names.ts'
import { cancelWith, jobKind } from '../kind.ts'
import { mergingPlan } from '../plans.ts'

/** A merge. Its request is stored with its run, which is created when the job is queued. */
export default jobKind({
  id: 'merge',
  lane: 'training',
  request: z.object({}),
  plan: ({ project, runId }) => mergingPlan({ ...mergeOf(getRun(project, runId!)), splits: classificationData(project).splits }),
  again: ({ project, runId }) => {
    const request = mergeOf(getRun(project, runId!))
    const name = ownName(project, request.name)
    return { runId: registerMerge(project, { ...request, name }).id, subject: name }
  },
  run: async ({ models, project, runId, signal, progress }) => {
    const run = getRun(project, runId)
    const request = mergeOf(run)
    const checkpoints = request.checkpoints.map((c) => path.resolve(project.folder, c))
    await waitForRoom(models, project.folder, () => mergeWrites({ ...request, checkpoints }), { signal, progress })
    await cancelWith(signal, mergeIntoProject(models, project, { ...request, checkpoints }, progress, run))
    return null
  },
})
