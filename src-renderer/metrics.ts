/** The metrics of runs and checkpoints. */
import { percentOf } from './format.ts'

/** Splits in order of interest; others follow by name, `train` comes last. */
const order = ['id', 'ood', 'test', 'heldOut', 'val', 'forgotten']
const rank = (split: string) => (split === 'train' ? order.length + 1 : order.includes(split) ? order.indexOf(split) : order.length)
/** Values of a run that are not accuracies. */
const others = new Set(['seconds', 'steps'])

export type Metrics = Readonly<Record<string, unknown>>

/** Accuracy on a split, 0 to 1. */
export const accuracyOf = (metrics: Metrics, split: string): number | null => {
  const value = metrics[split]
  return typeof value === 'number' && !others.has(split) ? value : null
}

/** '91.2% · –': accuracy on each of some splits. */
export const accuracies = (metrics: Metrics, splits: readonly string[]): string =>
  splits
    .map((s) => accuracyOf(metrics, s))
    .map((v) => (v === null ? '–' : percentOf(v)))
    .join(' · ')

/** The splits that any of them was measured on. */
export const splitsOf = (all: readonly Metrics[]): string[] =>
  inOrder([...new Set(all.flatMap((m) => Object.keys(m).filter((k) => accuracyOf(m, k) !== null)))])

export const inOrder = (splits: readonly string[]): string[] => [...splits].sort((a, b) => rank(a) - rank(b) || a.localeCompare(b))

/** '1.2 MB'. */
export function byteSize(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB']
  const at = Math.min(units.length - 1, Math.max(0, Math.floor(Math.log10(Math.max(1, bytes)) / 3)))
  const value = bytes / 1000 ** at
  return `${value < 10 && at ? value.toFixed(1) : Math.round(value)} ${units[at]}`
}
