/** Number formatting, shared by the terminal, the report and the window. */
import type { Score } from './model/evaluation.ts'
import type { MetricEntry } from './model/metric.ts'

/** 0.7134 → "71.3" (no sign: the column says %). */
export const percent = (share: number, digits = 1) => (100 * share).toFixed(digits)

/** "71.3 ± 2.1", in per cent: the accuracy and half the width of its 95% interval. */
export const plusMinus = ({ accuracy, interval: [low, high] }: Score) => `${percent(accuracy)} ± ${percent((high - low) / 2)}`

/** A difference of fractions in percentage points: "+2.8", "−0.4" with a true minus sign. */
export const points = (difference: number) => {
  const text = percent(Math.abs(difference))
  return text === '0.0' ? text : (difference < 0 ? '−' : '+') + text
}

/** "0.4 s", "37 s", "4 min 05 s", "2 h 03 min". */
export function duration(seconds: number): string {
  if (seconds < 9.95) return `${seconds.toFixed(1)} s`
  const s = Math.round(seconds)
  if (s < 60) return `${s} s`
  const two = (n: number) => String(n).padStart(2, '0')
  if (s < 3600) return `${Math.floor(s / 60)} min ${two(s % 60)} s`
  return `${Math.floor(s / 3600)} h ${two(Math.floor((s % 3600) / 60))} min`
}

/** Three significant figures with thousands separators: 0.0123, 4.56, 78.9, 1,234. */
export const figure = (x: number) =>
  x.toLocaleString('en', Math.abs(x) >= 1000 ? { maximumFractionDigits: 0 } : { maximumSignificantDigits: 3 })

/** A metric's value in its record's format: "71.3%", "0.842", or "–" if not measured. */
export const measured = ({ format }: Pick<MetricEntry, 'format'>, value: number | undefined) =>
  value === undefined ? '–' : format === 'percent' ? `${percent(value)}%` : figure(value)

/** A setting's value: a learning rate as "1e-5", others unchanged. */
export const setting = (value: unknown) =>
  typeof value === 'number' && value !== 0 && Math.abs(value) < 1e-3 ? value.toExponential() : String(value)

/** A p-value: "p < 0.001", "p = 0.03", "p = 0.41". */
export const pValue = (p: number) => (p < 0.001 ? 'p < 0.001' : `p = ${p < 0.095 ? p.toPrecision(1) : p.toFixed(2)}`)

/**
 * Sort key for natural order: `photo 2` before `photo 10`; faster than a collator for hundreds of thousands of names.
 */
export const naturalKey = (name: string) => name.toLowerCase().replace(/\d+/g, (digits) => digits.padStart(16, '0'))
