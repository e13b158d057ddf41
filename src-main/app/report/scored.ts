import { type ReportRow, type ReportScore, shiftNames } from '#shared/model/report.ts'
import { measure, outcomes, type Predictions, wilson } from '../../engine/metrics/index.ts'

/**
 * A row's score on one set, with its other metrics and the outcomes needed for paired tests.
 * @throws RangeError without examples
 */
export function scored(p: Predictions): ReportScore {
  const right = outcomes(p)
  if (right.length === 0) throw new RangeError('predictions: expected at least one example')
  const correct = right.reduce((a, b) => a + b, 0)
  return {
    accuracy: correct / right.length,
    interval: wilson(correct, right.length),
    n: right.length,
    outcomes: right.join(''),
    metrics: measure('classify', p),
  }
}

/** One score of several seeds on the same images, in the same order. @param all of single seeds, with outcomes */
export function overSeeds(all: readonly ReportScore[]): ReportScore {
  const [first] = all
  if (!first) throw new RangeError('seeds: expected at least one')
  if (all.length === 1) return first
  const rights = Array.from({ length: first.n }, (_, i) => all.reduce((sum, s) => sum + Number(s.outcomes![i]), 0))
  const metrics = Object.keys(first.metrics ?? {}).map((id) => [id, mean(all.map((s) => s.metrics![id]!))] as const)
  return {
    ...spread(rights.map((k) => k / all.length)),
    n: first.n,
    outcomes: rights.join(''),
    seeds: all.map((s) => s.accuracy),
    metrics: Object.fromEntries(metrics),
  }
}

/** The sets out of distribution as one, as far as a row has them. */
export function shiftsOf(row: ReportRow): ReportScore | undefined {
  const all = shiftNames.flatMap((name) => row[name] ?? [])
  const [first] = all
  if (!first || all.length === 1) return first
  const n = all.reduce((sum, s) => sum + s.n, 0)
  const pooled = (of: (s: ReportScore) => number) => all.reduce((sum, s) => sum + of(s) * s.n, 0) / n
  const seeds = first.seeds?.map((_, i) => pooled((s) => s.seeds![i]!))
  const known = all.every((s) => s.outcomes !== undefined)
  const outcomes = known ? all.map((s) => s.outcomes!).join('') : undefined
  return {
    ...(outcomes
      ? spread([...outcomes].map((x) => Number(x) / (seeds?.length ?? 1)))
      : {
          accuracy: pooled((s) => s.accuracy),
          interval: [pooled((s) => s.interval[0]), pooled((s) => s.interval[1])] as [number, number],
        }),
    n,
    outcomes,
    seeds,
  }
}

const mean = (values: readonly number[]) => values.reduce((a, b) => a + b, 0) / values.length

/** Mean of the shares with which images are answered right, and its 95% interval over images (normal approximation). */
function spread(shares: readonly number[]): Pick<ReportScore, 'accuracy' | 'interval'> {
  const accuracy = mean(shares)
  if (shares.every((x) => x % 1 === 0)) return { accuracy, interval: wilson(Math.round(accuracy * shares.length), shares.length) }
  const variance = shares.reduce((sum, x) => sum + (x - accuracy) ** 2, 0) / (shares.length - 1)
  const half = 1.96 * Math.sqrt(variance / shares.length)
  return { accuracy, interval: [Math.max(0, accuracy - half), Math.min(1, accuracy + half)] }
}
