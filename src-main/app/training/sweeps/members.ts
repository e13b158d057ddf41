/** The runs of a sweep: entering them, and the stages of successive halving. */
import { randomUUID } from 'node:crypto'
import { userError } from '#shared/errors.ts'
import { jsonObject, type RunRecord } from '#shared/model/project.ts'
import { rungsOf, sweepOf, type Point, pointsOf, type SweepMember } from '#shared/model/sweep.ts'
import { ranked, type SweepTable, sweepTables } from '#shared/model/sweep-table.ts'
import { sentence } from '#shared/sentences/table.ts'
import { interruptedJobOf } from '../../../db/queue.ts'
import type { AppContext } from '../../context.ts'
import { listRuns, type Project, updateRun } from '../../projects/index.ts'
import { enterTraining } from '../train.ts'
import { type PlannedSweep, requestFor } from './plan.ts'

/**
 * The sweep's runs, each as a function that enters it as a queued run of the project.
 * @returns also the id of the sweep
 */
export function sweepMembers(app: AppContext, { name, spec, runs }: PlannedSweep) {
  const id = randomUUID()
  const enter = runs.map(({ planned, request }) => (project: Project) => {
    const { index, rung, place, point } = planned
    return enterTraining(app, project, { ...request, sweep: { id, name, spec, index, rung, place, point } })
  })
  return { id, enter }
}

export function sweepById(project: Project, id: string): SweepTable<RunRecord> {
  const table = sweepTables(listRuns(project)).find((s) => s.id === id)
  if (!table) throw userError(sentence('sweep.gone'))
  return table
}

const isOpen = ({ status }: RunRecord) => status === 'queued' || status === 'running'

/** Whether a run has to wait for the rung before it, of which one that was interrupted may still go on. */
export function waitsInSweep(project: Project, run: RunRecord): boolean {
  const member = sweepOf(run.settings)
  if (!member || member.point) return false
  const before = sweepById(project, member.id).runs.filter((other) => sweepOf(other.settings)!.rung < member.rung)
  return before.some((other) => isOpen(other) || interruptedJobOf(project.db, other.id) !== undefined)
}

/**
 * A run that is about to begin. One that takes a place among the best of the rung before gets that point, as do the
 * runs in the same place with other seeds: the best point that no other place has.
 * @throws a user fault if the rung before has no finished run left
 */
export function settled(project: Project, run: RunRecord): RunRecord {
  const member = sweepOf(run.settings)
  if (!member || member.point) return run
  return project.db.transaction(() => {
    const point = pointOf(sweepById(project, member.id), member)
    const { epochs } = rungsOf(member.spec, pointsOf(member.spec).length)[member.rung]!
    const request = requestFor(member.spec, { point, epochs, seed: 0 })
    const shots = request.shots === undefined ? {} : { shots: request.shots }
    const settings = jsonObject.parse({ ...run.settings, ...request.settings, ...shots, sweep: { ...member, point } })
    return updateRun(project, run.id, { settings })
  })
}

function pointOf(table: SweepTable<RunRecord>, { rung, place }: SweepMember): Point {
  const others = table.runs.map((r) => sweepOf(r.settings)!).filter((m) => m.rung === rung && m.point)
  const known = others.find((m) => m.place === place)?.point
  if (known) return known
  const taken = new Set(others.map((m) => JSON.stringify(m.point)))
  const best = ranked(table.rows.filter((row) => row.rung === rung - 1)).find((row) => row.point && !taken.has(JSON.stringify(row.point)))
  if (!best) throw userError(sentence('sweep.no-place', { place: place! + 1 }))
  return best.point!
}
