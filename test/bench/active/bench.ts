/** `npm run bench -- active`: labels that each strategy needs for 95 % of the accuracy with all labels, beside random. */
import { homedir } from 'node:os'
import { join } from 'node:path'
import { renderTable } from '../../../src-main/app/terminal/table.ts'
import { digitsSet, handsSet, sampleSet } from './sets.ts'
import { fullAccuracy, type HiddenSet, type Plan, reached, simulate } from './simulate.ts'

/** Measured beside `random`. */
export const contestants: readonly (Pick<Plan, 'strategy' | 'diversity'> & { readonly name: string })[] = [
  { name: 'random', strategy: 'random' },
  { name: 'margin', strategy: 'margin' },
  { name: 'entropy', strategy: 'entropy' },
  { name: 'diversity', strategy: 'k-centre' },
  { name: 'typical images', strategy: 'representative' },
  { name: 'mix, ¼ diversity', strategy: 'mix', diversity: 0.25 },
  { name: 'mix, half', strategy: 'mix', diversity: 0.5 },
]

export interface Row {
  readonly set: string
  readonly strategy: string
  /** With all labels of the pool. */
  readonly full: number
  readonly pool: number
  /** Labels needed, one a seed. */
  readonly labels: readonly number[]
  readonly mean: number
  /** Half the width of Student's 95 % interval of the mean. */
  readonly half: number
  /** Mean as a share of the pool. */
  readonly share: number
}

/** The half width of Student's 95 % interval. */
const student = [NaN, NaN, 12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262]

export interface Settings {
  readonly seeds: readonly number[]
  /** Rounds that it takes to label all. */
  readonly rounds: number
  /** The penalty of the probe, as scikit-learn's C: the same for all sets, strategies and rounds. */
  readonly strength: number
  /** Of the accuracy with all labels. */
  readonly target: number
}

const usual: Settings = { seeds: [0, 1, 2, 3], rounds: 20, strength: 0.1, target: 0.95 }
/** What `--fast` measures beside random. */
const few = contestants.filter(({ name }) => ['random', 'typical images', 'mix, half'].includes(name))

export async function contest(set: HiddenSet, { seeds, rounds, strength, target }: Settings, of = contestants): Promise<Row[]> {
  const rows: Row[] = []
  const full = new Map<number, number>()
  for (const seed of seeds) full.set(seed, await fullAccuracy(set, seed, strength))
  const pool = set.divided(seeds[0]!).pool.length
  const batch = Math.max(1, Math.round(pool / rounds))
  for (const { name, strategy, diversity } of of) {
    const labels: number[] = []
    for (const seed of seeds) {
      const until = target * full.get(seed)!
      labels.push(reached(await simulate(set, { strategy, diversity, seed, batch, strength, until }), until) ?? pool)
    }
    const mean = meanOf(labels)
    const deviation = Math.sqrt(labels.reduce((s, x) => s + (x - mean) ** 2, 0) / Math.max(1, labels.length - 1))
    const half = (student[labels.length] ?? 1.96) * (deviation / Math.sqrt(labels.length))
    rows.push({ set: set.name, strategy: name, full: meanOf([...full.values()]), pool, labels, mean, half, share: mean / pool })
    process.stderr.write(`  ${set.name}: ${name}: ${labels.join(', ')} of ${pool}\n`)
  }
  return rows
}

const meanOf = (xs: readonly number[]) => xs.reduce((a, b) => a + b, 0) / xs.length

export const tableOf = (rows: readonly Row[]): string =>
  renderTable<Row>(
    [
      { title: 'set', align: 'left', value: (r) => r.set },
      { title: 'strategy', align: 'left', value: (r) => r.strategy },
      { title: 'labels for 95 %', value: (r) => `${r.mean.toFixed(0)} ± ${r.half.toFixed(0)}` },
      { title: 'of all', value: (r) => `${(100 * r.share).toFixed(0)} %` },
      {
        title: 'of random',
        value: (r) => `${(100 * (r.mean / rows.find((o) => o.set === r.set && o.strategy === 'random')!.mean)).toFixed(0)} %`,
      },
      { title: 'accuracy with all', value: (r) => `${(100 * r.full).toFixed(1)} %` },
    ],
    rows,
  )

/**
 * Prints the table to stderr. Features of Nano are computed once and kept with those of trainings.
 * @param fast two seeds of a few strategies on three sets; its intervals are too wide to compare strategies by
 */
export async function activeBench(fast = false): Promise<Record<string, number>> {
  const cache = join(process.env['DASHI_CACHE'] ?? join(homedir(), '.cache', 'dashi'), 'features')
  const rows: Row[] = []
  const settings = fast ? { ...usual, seeds: [0, 1] } : usual
  const sets = [() => sampleSet(cache), () => handsSet(true, cache), ...(fast ? [] : [() => handsSet(false, cache)]), digitsSet]
  for (const make of sets) {
    const set = await make()
    // Of the digits, few labels are enough: smaller requests tell strategies apart.
    rows.push(...(await contest(set, set.name === 'digits' ? { ...settings, rounds: 60 } : settings, fast ? few : contestants)))
  }
  process.stderr.write(`${tableOf(rows)}\n`)
  return Object.fromEntries(
    rows.flatMap((r) => [
      [`${r.set}, ${r.strategy}, labels for 95 % (mean)`, r.mean],
      [`${r.set}, ${r.strategy}, labels for 95 % (half of the 95 % interval)`, r.half],
      [`${r.set}, ${r.strategy}, labels for 95 % (share of all)`, r.share],
    ]),
  )
}
