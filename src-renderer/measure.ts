/** Formats lengths and areas in the project's unit, or in pixels if there is none. */
import type { Scale } from '#shared/model/aid.ts'

/** Three significant digits, or more for large integers: 0.123, 12.3, 1234. */
export function rounded(v: number): number {
  if (v === 0 || !Number.isFinite(v)) return 0
  const digits = Math.max(0, 2 - Math.floor(Math.log10(Math.abs(v))))
  return Number(v.toFixed(Math.min(digits, 12)))
}

type Say = (n: number) => string
export const lengthText = (px: number, scale: Scale | null, say: Say): string =>
  scale ? `${say(rounded(px / scale.perUnit))} ${scale.unit}` : `${say(Math.round(10 * px) / 10)} px`
export const areaText = (px: number, scale: Scale | null, say: Say): string =>
  scale ? `${say(rounded(px / scale.perUnit ** 2))} ${scale.unit}²` : `${say(Math.round(px))} px²`
