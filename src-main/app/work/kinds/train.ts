import { z } from 'zod'
import { getRun } from '../../projects/index.ts'
import type { Project } from '../../projects/project.ts'
import { foldersOf } from '../../training/folders.ts'
import { freeName, ownName } from '../../training/names.ts'
import { goesOnIn } from '../../training/runs.ts'
import { writesOf } from '../../training/plan/plan.ts'
import { sizeOf } from '../../media/caches.ts'
import { whenRoom } from '../../storage/pauses.ts'
import { waitForRoom } from '../../storage/storage.ts'
import { defaultName, planTraining, registerTraining, startTraining } from '../../training/train.ts'
import { cancelWith, jobKind } from '../kind.ts'
import { trainingPlan } from '../plans.ts'
import { absoluteRequest } from '../../training/sweeps/carry-out.ts'
import { settled, waitsInSweep } from '../../training/sweeps/members.ts'

/** The request of a run that is about to begin. */
const trainingOf = (project: Project, runId: string) => absoluteRequest(project, settled(project, getRun(project, runId)))

/** A training. Its request is stored with its run, which is created when the job is queued. */
export default jobKind({
  id: 'train',
  lane: 'training',
  request: z.object({}),
  plan: ({ models, project, runId }) => trainingPlan(planTraining(models, project, trainingOf(project, runId!)).job),
  waits: ({ project, runId }) => waitsInSweep(project, getRun(project, runId!)),
  resumes: ({ project, runId }) => goesOnIn(project, getRun(project, runId!)) !== null,
  again: ({ models, project, runId }) => {
    const run = getRun(project, runId!)
    const request = absoluteRequest(project, run)
    const wanted = request.name ?? defaultName(request)
    const own = goesOnIn(project, run)
    const name = own === null ? ownName(project, wanted) : freeName(project, wanted, [], own)
    return { runId: registerTraining(models, project, { ...request, name }).id, subject: name }
  },
  run: async ({ models, project, runId, signal, progress, continues }) => {
    const request = { ...(await whenRoom({ signal, progress }, project.folder, () => trainingOf(project, runId))), waits: true }
    const { job } = planTraining(models, project, request)
    await foldersOf(job, { signal, progress })
    // What it has saved is there already.
    const writes = async () => (await writesOf(models, project, request)) - (await sizeOf(`${job.out}.run`)).bytes
    await waitForRoom(models, project.folder, writes, { signal, progress })
    const running = startTraining(models, project, request, progress, undefined, getRun(project, runId))
    continues(running.earlier)
    await cancelWith(signal, running)
    return null
  },
})
