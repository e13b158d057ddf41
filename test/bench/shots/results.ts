/** What the runs of the bench `shots` came to, kept line by line, so that it goes on where it was stopped. */
import fs from 'node:fs'
import path from 'node:path'
import { z } from 'zod'

const share = z.number().min(0).max(1)

/** One run. Accuracies on the validation split and on each test set. */
const outcomeSchema = z.object({
  method: z.string(),
  /** Training pictures of each class; 0 for zero-shot. */
  shots: z.int().nonnegative(),
  seed: z.int().nonnegative(),
  /** Which pictures, and the settings of the run: others are no part of the same curve. */
  of: z.string(),
  val: share,
  id: share,
  ood: share,
  sketch: share,
  corrupted: share,
  /** Processor time of training and measuring. */
  cpuSeconds: z.number().nonnegative(),
})
export type Outcome = z.infer<typeof outcomeSchema>
export type RunKey = Pick<Outcome, 'method' | 'shots' | 'seed' | 'of'>

export const sameRun = (a: RunKey, b: RunKey) => a.method === b.method && a.shots === b.shots && a.seed === b.seed && a.of === b.of

const fileIn = (folder: string) => path.join(folder, 'runs.jsonl')

/** Those of earlier calls; a line that was cut off by a kill does not count. */
export function readOutcomes(folder: string): Outcome[] {
  const file = fileIn(folder)
  if (!fs.existsSync(file)) return []
  return fs
    .readFileSync(file, 'utf8')
    .split('\n')
    .flatMap((line) => {
      try {
        return [outcomeSchema.parse(JSON.parse(line))]
      } catch {
        return []
      }
    })
}

/** The line break comes first, so that it is whole after one that was cut off. */
export const addOutcome = (folder: string, outcome: Outcome): void => fs.appendFileSync(fileIn(folder), `\n${JSON.stringify(outcome)}`)

/** One point of a curve: a method with so many shots. */
export interface Point {
  readonly method: string
  readonly shots: number
  readonly seeds: number
  /** Means over the seeds, and the standard deviations between them (0 of one). */
  readonly id: Spread
  readonly ood: Spread
  readonly cpuSeconds: number
}
export interface Spread {
  readonly mean: number
  readonly deviation: number
}

/** Out of distribution is the mean of the three shifted sets, which are of the same size. */
export function pointsOf(outcomes: readonly Outcome[]): Point[] {
  const groups = new Map<string, Outcome[]>()
  for (const o of outcomes) groups.set(`${o.method} ${o.shots}`, [...(groups.get(`${o.method} ${o.shots}`) ?? []), o])
  return [...groups.values()].map((all) => ({
    method: all[0]!.method,
    shots: all[0]!.shots,
    seeds: all.length,
    id: spread(all.map((o) => o.id)),
    ood: spread(all.map((o) => (o.ood + o.sketch + o.corrupted) / 3)),
    cpuSeconds: spread(all.map((o) => o.cpuSeconds)).mean,
  }))
}

function spread(xs: readonly number[]): Spread {
  const mean = xs.reduce((a, b) => a + b, 0) / xs.length
  const squares = xs.reduce((sum, x) => sum + (x - mean) ** 2, 0)
  return { mean, deviation: xs.length > 1 ? Math.sqrt(squares / (xs.length - 1)) : 0 }
}
