/**
 * A sweep: one recipe trained many times, with some of its settings varied. It lists its runs by itself, always the
 * same ones in the same order; each is an ordinary run that says which of the sweep's runs it is.
 */
import { z } from 'zod'
import { userError } from '../errors.ts'
import { sentence } from '../sentences/table.ts'
import { jsonObject } from './project.ts'

/** The value of a setting that can be varied. */
export const sweptValue = z.union([z.number(), z.boolean(), z.string().min(1).max(200)])
export type SweptValue = z.infer<typeof sweptValue>

/** A setting of the recipe, or one of `dataFields`. */
const field = z.string().min(1).max(100)
const range = { field, from: z.number(), to: z.number(), whole: z.boolean().optional() }

/** Grid axes are crossed with each other and with every draw of the random ones. `whole`: only whole numbers. */
export const axisSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('grid'), field, values: z.array(sweptValue).min(1).max(200) }),
  z.strictObject({ kind: z.literal('choice'), field, values: z.array(sweptValue).min(1).max(200) }),
  z.strictObject({ kind: z.literal('uniform'), ...range }),
  z.strictObject({ kind: z.literal('log-uniform'), ...range }),
])
export type Axis = z.infer<typeof axisSchema>

/** What is varied besides the recipe's settings. shots: images of each class that are trained on. */
export const dataFields = ['shots'] as const
export const shotsSchema = z.int().min(1).max(100_000)

export const sweepSpec = z.strictObject({
  recipe: z.string().min(1),
  /** Settings that all runs share; also those of `dataFields`. */
  settings: jsonObject.default({}),
  axes: z.array(axisSchema).max(20).default([]),
  /** Each point is trained with each seed. */
  seeds: z.array(z.int().nonnegative()).min(1).max(100).default([0]),
  /** How often the random axes are drawn, and the seed of these draws. */
  draws: z.int().min(1).max(1000).default(8),
  drawSeed: z.int().nonnegative().default(0),
  /**
   * Successive halving (Jamieson & Talwalkar 2016, Non-stochastic best arm identification and hyperparameter
   * optimization, arXiv:1502.07943): all points are trained for few epochs, the best 1/eta of them for eta times as
   * many, and so on up to `epochs` of the settings.
   */
  halving: z.strictObject({ eta: z.int().min(2).max(10).default(3) }).optional(),
  /** The preset that it was made from. */
  preset: z.string().optional(),
})
export type SweepSpec = z.infer<typeof sweepSpec>
export type SweepAsked = z.input<typeof sweepSpec>

export type Point = Readonly<Record<string, SweptValue>>

/** One of a sweep's runs. */
export interface PlannedRun {
  readonly index: number
  /** The stage of successive halving, from 0. */
  readonly rung: number
  /** The varied settings; null where they are those of the best of the rung before. */
  readonly point: Point | null
  /** Of a run without a point: it takes the point in this place of the rung before, 0 being the best. */
  readonly place: number | null
  readonly seed: number
  /** Epochs of the rung, if there are several. */
  readonly epochs: number | null
}

export const mostRuns = 1000

/**
 * All runs of a sweep, those of the first seed before those of the next, rung after rung. Further draws, values or
 * seeds leave the draws before them as they were.
 * @throws a user fault naming the axis
 */
export function sweepRuns(spec: SweepSpec): PlannedRun[] {
  const all = pointsOf(spec)
  const rungs = rungsOf(spec, all.length)
  const runs = rungs.flatMap(({ points, epochs }, rung) =>
    spec.seeds.flatMap((seed) =>
      Array.from({ length: points }, (_, i) =>
        rung === 0 ? { rung, point: all[i]!, place: null, seed, epochs } : { rung, point: null, place: i, seed, epochs },
      ),
    ),
  )
  refuseTooMany(runs.length)
  return runs.map((run, index) => ({ index, ...run }))
}

/** The different points, in the order of the draws. @throws a user fault naming the axis */
export function pointsOf(spec: Pick<SweepSpec, 'axes' | 'draws' | 'drawSeed'>): Point[] {
  const { axes, draws, drawSeed } = spec
  refuseTwice(axes.map((a) => a.field))
  const grids = axes.filter((a) => a.kind === 'grid')
  const random = axes.filter((a) => a.kind !== 'grid')
  refuseTooMany(grids.reduce((n, a) => n * a.values.length, random.length ? draws : 1))
  const crossed = grids.reduce<Point[]>(
    (points, { field, values }) => points.flatMap((p) => values.map((v) => ({ ...p, [field]: v }))),
    [{}],
  )
  const drawn = random.length
    ? Array.from({ length: draws }, (_, k) => Object.fromEntries(random.map((a) => [a.field, draw(a, unit(drawSeed, a.field, k))])))
    : [{}]
  const all = drawn.flatMap((d) => crossed.map((p) => inOrderOf(axes, { ...p, ...d })))
  return [...new Map(all.map((p) => [JSON.stringify(p), p])).values()]
}

const inOrderOf = (axes: readonly Axis[], point: Point): Point => Object.fromEntries(axes.map((a) => [a.field, point[a.field]!]))

/** The value at `u` of [0, 1) of an axis; of ranges, with six significant digits. */
function draw(axis: Exclude<Axis, { kind: 'grid' }>, u: number): SweptValue {
  if (axis.kind === 'choice') return axis.values[Math.floor(u * axis.values.length)]!
  const { field, from, to, whole } = axis
  const bad = (expected: string) => userError(sentence('sweep.range', { field, expected, from, to }))
  if (!(from < to)) throw bad('FROM < TO')
  if (axis.kind === 'log-uniform' && from <= 0) throw bad('0 < FROM < TO')
  if (whole && !(Number.isInteger(from) && Number.isInteger(to))) throw bad('whole numbers')
  const value =
    axis.kind === 'log-uniform'
      ? Math.exp(Math.log(from) + u * Math.log((to + (whole ? 1 : 0)) / from))
      : from + u * (to - from + (whole ? 1 : 0))
  return Math.min(to, Math.max(from, whole ? Math.floor(value) : Number(value.toPrecision(6))))
}

/**
 * How many points each rung trains, and for how many epochs: the last for all of the settings' epochs, each before it
 * for 1/eta of those of the next, as many rungs as leave a point and an epoch. Without halving a single rung, whose
 * epochs are the settings'.
 * @throws a user fault if the recipe has no epochs
 */
export function rungsOf(
  { halving, settings, axes }: SweepSpec,
  points: number,
): { readonly points: number; readonly epochs: number | null }[] {
  if (!halving) return [{ points, epochs: null }]
  const epochs = settings['epochs']
  if (typeof epochs !== 'number' || axes.some((a) => a.field === 'epochs')) throw userError(sentence('sweep.halving-epochs'))
  const { eta } = halving
  const times = (n: number) => Math.floor(Math.log(n) / Math.log(eta) + 1e-9)
  const last = Math.min(times(points), times(epochs))
  return Array.from({ length: last + 1 }, (_, r) => ({
    points: Math.floor(points / eta ** r),
    epochs: Math.max(1, Math.round(epochs / eta ** (last - r))),
  }))
}

function refuseTooMany(n: number): void {
  if (n > mostRuns) throw userError(sentence('sweep.too-many', { n, most: mostRuns }))
}
function refuseTwice(fields: readonly string[]): void {
  const twice = fields.find((f, i) => fields.indexOf(f) !== i)
  if (twice !== undefined) throw userError(sentence('sweep.axis-twice', { field: twice }))
}

/** A number in [0, 1) that depends on all of its arguments and on nothing else: FNV-1a, finished as in MurmurHash3. */
function unit(seed: number, field: string, k: number): number {
  const word = (salt: number) => {
    let h = 0x811c9dc5 ^ salt
    for (const c of `${seed}/${k}/${field}`) h = Math.imul(h ^ c.codePointAt(0)!, 0x01000193)
    h = Math.imul(h ^ (h >>> 16), 0x85ebca6b)
    h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35)
    return (h ^ (h >>> 16)) >>> 0
  }
  return (word(0) * 2 ** 21 + (word(0x9e3779b9) >>> 11)) * 2 ** -53
}

/** The part of a run's settings that says which run of which sweep it is. */
export const sweepMember = z.object({
  id: z.string(),
  name: z.string(),
  spec: sweepSpec,
  index: z.int().nonnegative(),
  rung: z.int().nonnegative(),
  place: z.int().nonnegative().nullable(),
  /** null: not known before the rung before it has ended. */
  point: z.record(z.string(), sweptValue).nullable(),
})
export type SweepMember = z.infer<typeof sweepMember>

/** The sweep that a run belongs to. @param settings of the run */
export const sweepOf = (settings: Readonly<Record<string, unknown>>): SweepMember | null =>
  sweepMember.safeParse(settings['sweep']).data ?? null

/** What a run's settings hold besides those of its recipe. */
const aboutRun = ['data', 'seed', 'model', 'name', 'device', 'runner', 'sweep', ...dataFields]
/** The settings of a run's recipe that it was given. */
export const recipeSettings = <T>(settings: Readonly<Record<string, T>>): Record<string, T> =>
  Object.fromEntries(Object.entries(settings).filter(([name]) => !aboutRun.includes(name)))
