import type { sweepMethods } from '#shared/contract/sweeps.ts'
import { userError } from '#shared/errors.ts'
import { isOpen } from '#shared/model/queue.ts'
import { pointsOf, rungsOf, sweepSpec } from '#shared/model/sweep.ts'
import { sentence } from '#shared/sentences/table.ts'
import { interruptedJobOf } from '../../../db/queue.ts'
import { enterAgain, stoppedRuns } from '../../training/sweeps/carry-out.ts'
import { sweepById, sweepMembers } from '../../training/sweeps/members.ts'
import { fromPreset, planSweep, type SweepRequest } from '../../training/sweeps/plan.ts'
import { sweepPresets } from '../../training/sweeps/presets.ts'
import { nameOf } from '../../training/names.ts'
import { requestOf } from '../../training/train.ts'
import path from 'node:path'
import type { Project } from '../../projects/index.ts'
import type { RunRecord } from '#shared/model/project.ts'
import type { Client } from '../client.ts'
import type { HandlersOf, Parts } from '../parts.ts'
import { kindOf } from './training.ts'

export function sweepHandlers({ options: { models }, queue }: Parts): HandlersOf<typeof sweepMethods> {
  const planned = ({ project }: Client, { model, ...asked }: SweepRequest) =>
    planSweep(models, project, { ...asked, ...(model !== undefined && { model: path.resolve(project.folder, model) }) })
  /** Queues them all, or none. */
  const queueRuns = (client: Client, kind: string, enter: readonly ((project: Project) => RunRecord)[]): string[] => {
    const asked = enter.map((add) => ({
      register: (project: Project) => {
        const run = add(project)
        return { runId: run.id, subject: nameOf(run) }
      },
      project: { folder: client.project.folder, user: client.name },
    }))
    const runIds = queue.addAll(kind, asked).map(({ runId }) => runId!)
    client.tell('runs.changed', {})
    return runIds
  }
  return {
    'sweeps.presets': () => sweepPresets.map(({ make: _, bounds: __, needs, ...preset }) => ({ ...preset, needs: [...needs] })),
    'sweeps.fromPreset': ({ preset, ...asked }) => sweepSpec.parse(fromPreset(preset, asked)),
    'sweeps.plan': (asked, client) => {
      const { name, spec, runs } = planned(client, asked)
      return { name, runs: runs.length, rungs: [...rungsOf(spec, pointsOf(spec).length)] }
    },
    'sweeps.start': (asked, client) => {
      const { id, enter } = sweepMembers(models, planned(client, asked))
      return { sweepId: id, runIds: queueRuns(client, kindOf(asked), enter) }
    },
    'sweeps.cancel': ({ sweepId }, client) => {
      const own = new Set(sweepById(client.project, sweepId).runs.map((r) => r.id))
      const jobs = queue.list().filter((j) => j.project === client.current.key && j.runId !== null && own.has(j.runId) && isOpen(j))
      if (!jobs.length) throw userError(sentence('sweep.nothing-open'))
      // The last first, so that none begins because the one before it was cancelled.
      for (const { id } of jobs.reverse()) queue.cancel(id)
      return { runs: jobs.length }
    },
    'sweeps.again': ({ sweepId }, client) => {
      const { project } = client
      const stopped = stoppedRuns(sweepById(project, sweepId))
      if (!stopped.length) throw userError(sentence('sweep.nothing-stopped'))
      const fresh = stopped.filter((run) => {
        const job = interruptedJobOf(project.db, run.id)
        if (job === undefined) return true
        queue.again(job)
        return false
      })
      queueRuns(
        client,
        kindOf(requestOf(stopped[0]!)),
        fresh.map((run) => (into: Project) => enterAgain(models, into, run)),
      )
      return { runs: stopped.length }
    },
  }
}
