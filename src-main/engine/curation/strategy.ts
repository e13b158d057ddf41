/** A strategy says which images to label next. Each is one record in its own file in `strategies/`; forms, help and bench read it. */
import type { Words } from '#shared/model/words.ts'

/** What a model makes of images, and what is known of them. Rows are images. */
export interface Seen {
  readonly classes: number
  /** [n, classes], each row summing to 1. */
  readonly probabilities: ArrayLike<number>
  /** [n, classes]: those of another checkpoint, for strategies that need one. */
  readonly other?: ArrayLike<number>
  /** [n]: the class of an image that is labelled, else −1. */
  readonly labels: Int32Array
  /** [n, dim]. */
  readonly features: Float32Array
  readonly dim: number
  /** The rows to choose from, ascending. */
  readonly candidates: Int32Array
  readonly seed: number
  /** Of a mix: the weight of diversity, 0 to 1. */
  readonly diversity: number
}

/** Rows, the first to be labelled first; `scores` belong to them and may be compared within one strategy only. */
export interface Ranked {
  readonly order: Int32Array
  readonly scores: Float64Array
}

export interface StrategyRecord {
  readonly id: string
  readonly order: number
  readonly title: Words
  readonly about: Words
  readonly citation: string
  /** labels: it looks at labelled images only; other: it compares two checkpoints. */
  readonly needs?: 'labels' | 'other'
  /** It weighs diversity against uncertainty. */
  readonly mixes?: true
  /** At most `count` of the candidates. Equal inputs give an equal order; ties go to the earlier row. */
  rank(seen: Seen, count: number): Ranked
}

export const defineStrategy = (strategy: StrategyRecord): StrategyRecord => strategy

/** Ranks by a score of each row alone, the largest first. */
export function byScore({ candidates }: Seen, count: number, scoreOf: (row: number) => number): Ranked {
  const scored = Array.from(candidates, (row) => ({ row, score: scoreOf(row) }))
  scored.sort((a, b) => b.score - a.score || a.row - b.row)
  const first = scored.slice(0, count)
  return { order: Int32Array.from(first, (s) => s.row), scores: Float64Array.from(first, (s) => s.score) }
}

/** 0 to 1: 1 − (p of the best class − p of the second): 1 if two classes are equally probable. */
export function narrowness({ probabilities, classes }: Pick<Seen, 'probabilities' | 'classes'>, row: number): number {
  let [first, second] = [-Infinity, -Infinity]
  for (let c = row * classes; c < (row + 1) * classes; c++) {
    const p = probabilities[c]!
    if (p > first) [first, second] = [p, first]
    else if (p > second) second = p
  }
  return classes < 2 ? 0 : 1 - (first - second)
}

/** The class with the largest probability, of several the first, and that probability. */
export function bestOf({ probabilities, classes }: Pick<Seen, 'probabilities' | 'classes'>, row: number): { best: number; p: number } {
  let best = 0
  for (let c = 1; c < classes; c++) if (probabilities[row * classes + c]! > probabilities[row * classes + best]!) best = c
  return { best, p: probabilities[row * classes + best]! }
}
