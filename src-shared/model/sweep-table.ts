/** The runs of sweeps as tables: a row a point, with its scores as means over the seeds. */
import { meanOf, type MeanOf } from './student.ts'
import { type Point, sweepOf, type SweepMember, type SweepSpec } from './sweep.ts'

/** What is needed of a run. */
export interface TabledRun {
  readonly id: string
  readonly status: string
  readonly settings: Readonly<Record<string, unknown>>
  readonly metrics: Readonly<Record<string, unknown>>
  readonly created: number
}

export interface SweepRow<R> {
  /** Unique within the sweep. */
  readonly key: string
  readonly rung: number
  /** null: a place in a later rung that is not filled yet. */
  readonly point: Point | null
  /** One a seed. */
  readonly runs: readonly R[]
  /** Of the runs that are done: by split, and their duration as `seconds`. */
  readonly scores: Readonly<Record<string, MeanOf>>
}

export interface SweepTable<R> {
  readonly id: string
  readonly name: string
  readonly spec: SweepSpec
  /** The fields that were varied. */
  readonly fields: readonly string[]
  /** The splits that any run was measured on. */
  readonly splits: readonly string[]
  readonly rungs: number
  readonly rows: readonly SweepRow<R>[]
  readonly runs: readonly R[]
}

/** Numbers of a run's metrics that are no scores. */
const counts = new Set(['seconds', 'steps'])
export const scoresOf = (metrics: Readonly<Record<string, unknown>>): Record<string, number> =>
  Object.fromEntries(Object.entries(metrics).filter((e): e is [string, number] => typeof e[1] === 'number' && !counts.has(e[0])))

/** Splits in order of interest. */
const order = ['id', 'ood', 'test', 'heldOut', 'val']
const rank = (split: string) => (split === 'train' ? order.length + 1 : order.includes(split) ? order.indexOf(split) : order.length)

/**
 * The sweeps that runs belong to, the one begun last first. A run that was repeated stands for the earlier ones; of two that
 * were entered in the same millisecond, the first in the list.
 */
export function sweepTables<R extends TabledRun>(runs: readonly R[]): SweepTable<R>[] {
  const sweeps = new Map<string, Map<number, { readonly run: R; readonly member: SweepMember }>>()
  for (const run of [...runs].reverse().sort((a, b) => a.created - b.created)) {
    const member = sweepOf(run.settings)
    if (!member) continue
    const own = sweeps.get(member.id) ?? new Map<number, { run: R; member: SweepMember }>()
    sweeps.set(member.id, own)
    own.set(member.index, { run, member })
  }
  return [...sweeps].reverse().map(([id, members]) =>
    tableOf(
      id,
      [...members.values()].sort((a, b) => a.member.index - b.member.index),
    ),
  )
}

function tableOf<R extends TabledRun>(id: string, members: readonly { readonly run: R; readonly member: SweepMember }[]): SweepTable<R> {
  const { name, spec } = members[0]!.member
  const rows = new Map<string, { rung: number; point: Point | null; runs: R[] }>()
  for (const { run, member } of members) {
    const { rung, point, place } = member
    const key = `${rung} ${point ? JSON.stringify(point) : `place ${place}`}`
    const row = rows.get(key)
    if (row) row.runs.push(run)
    else rows.set(key, { rung, point, runs: [run] })
  }
  const splits = [...new Set(members.flatMap(({ run }) => Object.keys(scoresOf(run.metrics))))].sort((a, b) => rank(a) - rank(b))
  return {
    id,
    name,
    spec,
    fields: spec.axes.map((a) => a.field),
    splits,
    rungs: 1 + Math.max(...members.map(({ member }) => member.rung)),
    rows: [...rows].map(([key, row]) => ({ key, ...row, scores: meansOf(row.runs, splits) })),
    runs: members.map(({ run }) => run),
  }
}

function meansOf(runs: readonly TabledRun[], splits: readonly string[]): Record<string, MeanOf> {
  const done = runs.filter((r) => r.status === 'done')
  const entries = [...splits, 'seconds'].map((key) => [key, done.map((r) => r.metrics[key]).filter((v) => typeof v === 'number')] as const)
  return Object.fromEntries(entries.filter(([, values]) => values.length).map(([key, values]) => [key, meanOf(values)]))
}

/**
 * The mean of the score by which a row is chosen, that of the validation images and never that of a test; null before one of
 * its runs is done.
 */
export const chosenBy = ({ scores }: Pick<SweepRow<unknown>, 'scores'>): MeanOf | null => scores['val'] ?? scores['heldOut'] ?? null

/** The rows with a score, best first; of equal ones the earlier. */
export const ranked = <R extends TabledRun>(rows: readonly SweepRow<R>[]): SweepRow<R>[] =>
  rows.filter((row) => chosenBy(row)).sort((a, b) => chosenBy(b)!.mean - chosenBy(a)!.mean)
