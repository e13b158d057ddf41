/** The curves of one run as columns that grow. A new object after each addition, over the same memory. */
import type { RunSeries } from '#shared/contract/runs.ts'
import type { RunProgress } from '#shared/contract/training.ts'

export const figures = ['loss', 'lr', 'gradNorm', 'imagesPerSecond'] as const
export type Figure = (typeof figures)[number]
export type Epoch = RunSeries['epochs'][number]

export interface RunCurve {
  readonly phase: RunSeries['phase']
  readonly step: Float64Array
  readonly columns: Readonly<Record<Figure, Float64Array>>
  readonly epochs: readonly Epoch[]
}

const grown = (column: Float64Array, room: number): Float64Array => {
  const larger = new Float64Array(room)
  larger.set(column)
  return larger
}

/** `n` values at the start of the column's memory, which is enlarged if it is too small or does not begin with the column. */
function extended(column: Float64Array, value: number): Float64Array {
  const n = column.length
  const room = column.buffer.byteLength / 8
  const memory = room > n ? new Float64Array(column.buffer) : grown(column, Math.max(256, 2 * n))
  memory[n] = value
  return memory.subarray(0, n + 1)
}

const none = (): Float64Array => new Float64Array(0)
const empty = (phase: RunSeries['phase'], epochs: readonly Epoch[] = []): RunCurve => ({
  phase,
  step: none(),
  columns: { loss: none(), lr: none(), gradNorm: none(), imagesPerSecond: none() },
  epochs,
})

export const curveOf = (s: RunSeries): RunCurve => {
  const column = (values: readonly (number | null)[]) => Float64Array.from(values, (v) => v ?? NaN)
  return {
    phase: s.phase,
    step: Float64Array.from(s.step),
    columns: { loss: column(s.loss), lr: column(s.lr), gradNorm: column(s.gradNorm), imagesPerSecond: column(s.imagesPerSecond) },
    epochs: s.epochs,
  }
}

/** With what a run reports: a step that is already known changes nothing; a step of another phase starts a new curve. */
export function extendedBy(curve: RunCurve | undefined, p: RunProgress): RunCurve {
  let now = curve?.phase === p.phase || p.loss == null ? (curve ?? empty(p.phase)) : empty(p.phase)
  const { judged } = p
  if (judged && !now.epochs.some((e) => e.epoch === judged.epoch)) now = { ...now, epochs: [...now.epochs, { ...judged, step: p.step }] }
  if (p.loss == null || p.step <= (now.step.at(-1) ?? 0)) return now
  const value = { loss: p.loss, lr: p.lr, gradNorm: p.gradNorm, imagesPerSecond: p.imagesPerSecond }
  const columns = Object.fromEntries(figures.map((f) => [f, extended(now.columns[f], value[f] ?? NaN)])) as Record<Figure, Float64Array>
  return { ...now, step: extended(now.step, p.step), columns }
}

/** What was loaded, and after it the steps that were reported meanwhile. */
export function followedBy(loaded: RunCurve, live: RunCurve | undefined): RunCurve {
  if (!live?.step.length || live.phase !== loaded.phase) return live?.step.length && !loaded.step.length ? live : loaded
  const last = loaded.step.at(-1) ?? 0
  let from = live.step.length
  while (from > 0 && live.step[from - 1]! > last) from--
  const join = (a: Float64Array, b: Float64Array) => {
    const both = grown(a, a.length + b.length - from)
    both.set(b.subarray(from), a.length)
    return both
  }
  const known = new Set(loaded.epochs.map((e) => e.epoch))
  return {
    phase: loaded.phase,
    step: join(loaded.step, live.step),
    columns: Object.fromEntries(figures.map((f) => [f, join(loaded.columns[f], live.columns[f])])) as Record<Figure, Float64Array>,
    epochs: [...loaded.epochs, ...live.epochs.filter((e) => !known.has(e.epoch))],
  }
}

/** The epoch with the highest accuracy or the lowest loss, the earliest of equals. */
export const bestEpoch = (epochs: readonly Epoch[]): Epoch | null =>
  epochs.reduce<Epoch | null>((best, e) => {
    const better = best === null || (e.metric === 'loss' ? e.value < best.value : e.value > best.value)
    return better ? e : best
  }, null)
