/** Axes of parallel coordinates: where a value lies, which values are named, and which part of an axis is kept. */
import type { SweptValue } from '#shared/model/sweep.ts'
import { niceTicks } from './chart.ts'
import { percentOf, significant } from './format.ts'

export interface ParallelAxis {
  readonly key: string
  readonly title: string
  /** From 0 at the lower end to 1; null where there is no value. */
  at(value: SweptValue | null | undefined): number | null
  readonly ticks: readonly { readonly at: number; readonly label: string }[]
  /** How far a key moves an end of the kept part. */
  readonly step: number
  /** What is at a place of the axis. */
  label(at: number): string
}

/** The kept part of an axis. */
export type Kept = readonly [low: number, high: number]
export const everything: Kept = [0, 1]

/** Values that differ this much are spread by their logarithm. */
const MANY_TIMES = 8
/** As many values as are named one by one. */
const FEW = 6

export function parallelAxis(key: string, title: string, values: readonly SweptValue[], percent = false): ParallelAxis {
  const numbers = values.filter((v) => typeof v === 'number')
  return numbers.length === values.length && new Set(numbers).size > 1
    ? ofNumbers(key, title, numbers, percent)
    : ofNames(key, title, values, percent)
}

function ofNumbers(key: string, title: string, values: readonly number[], percent: boolean): ParallelAxis {
  const [low, high] = [Math.min(...values), Math.max(...values)]
  const logarithmic = !percent && low > 0 && high / low >= MANY_TIMES
  const of = logarithmic ? Math.log : (v: number) => v
  const text = percent ? percentOf : significant
  const at = (v: number) => (of(v) - of(low)) / (of(high) - of(low))
  const distinct = [...new Set(values)].sort((a, b) => a - b)
  const named =
    !percent && distinct.length <= FEW
      ? distinct
      : logarithmic
        ? powers(low, high)
        : niceTicks(low, high, 5).filter((v) => v >= low && v <= high)
  return {
    key,
    title,
    at: (v) => (typeof v === 'number' ? at(v) : null),
    ticks: named.map((v) => ({ at: at(v), label: text(v) })),
    step: 0.05,
    label: (x) => text(logarithmic ? low * (high / low) ** x : low + x * (high - low)),
  }
}

const powers = (low: number, high: number): number[] => {
  const [first, last] = [Math.ceil(Math.log10(low) - 1e-9), Math.floor(Math.log10(high) + 1e-9)]
  return first > last ? [low, high] : Array.from({ length: last - first + 1 }, (_, i) => Number(`1e${first + i}`))
}

function ofNames(key: string, title: string, values: readonly SweptValue[], percent: boolean): ParallelAxis {
  const text = (v: SweptValue) => (percent ? percentOf(Number(v)) : String(v))
  const names = [...new Set(values.map(text))]
  const place = (i: number) => (names.length > 1 ? i / (names.length - 1) : 0.5)
  return {
    key,
    title,
    at: (v) => (v === null || v === undefined ? null : place(names.indexOf(text(v)))),
    ticks: names.map((label, i) => ({ at: place(i), label })),
    step: names.length > 1 ? 1 / (names.length - 1) : 1,
    label: (x) => names[Math.round(x * (names.length - 1))] ?? '',
  }
}

/** Whether a value is in the kept part; one that is missing only where everything is kept. */
export function isKept(axis: ParallelAxis, value: SweptValue | null | undefined, [low, high]: Kept): boolean {
  if (low <= 0 && high >= 1) return true
  const at = axis.at(value)
  return at !== null && at >= low - 1e-9 && at <= high + 1e-9
}

/** A kept part whose end was moved; the ends do not pass each other. */
export function moved([low, high]: Kept, end: 'low' | 'high', by: number): Kept {
  const bound = (v: number, from: number, to: number) => Math.min(to, Math.max(from, v))
  return end === 'low' ? [bound(low + by, 0, high), high] : [low, bound(high + by, low, 1)]
}
