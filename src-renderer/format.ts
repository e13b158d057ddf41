/** Formatting of numbers and paths. */

/** The last two segments of a path. */
export const shortPath = (path: string) => path.split(/[/\\]/).filter(Boolean).slice(-2).join('/')
export const baseName = (path: string) => path.split(/[/\\]/).at(-1) ?? path

/** Such as '40 s', '3 min', '2 h 5 min'. */
export function duration(seconds: number): string {
  const s = Math.max(0, Math.round(seconds))
  if (s < 100) return `${s} s`
  const minutes = Math.round(s / 60)
  if (minutes < 100) return `${minutes} min`
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`
}

/** Three significant digits; very small and large ones two, and 1e-5 as it is written in a form. */
export const significant = (v: number) => {
  if (Number.isInteger(v)) return String(v)
  return Math.abs(v) >= 0.001 && Math.abs(v) < 10000 ? String(Number(v.toPrecision(3))) : v.toExponential(1).replace('.0e', 'e')
}
/** The percentage of a progress bar: 100 only once it is done. */
export const percentDone = (share: number) => Math.min(share < 1 ? 99 : 100, Math.max(0, Math.floor(100 * share + 1e-9)))
export const percentOf = (share: number) => `${(100 * share).toFixed(1)}%`

/** Black or white, whichever is more legible on a colour (WCAG relative luminance). */
export function inkOn(colour: string): string {
  const [r, g, b] = [1, 3, 5].map((i) => {
    const c = parseInt(colour.slice(i, i + 2), 16) / 255
    return c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4
  }) as [number, number, number]
  return 0.2126 * r + 0.7152 * g + 0.0722 * b > 0.179 ? '#111111' : '#ffffff'
}

/** A difference in points: '+1.2', '−0.4', '±0.0'. */
export const signed = (v: number) => `${v > 0 ? '+' : v < 0 ? '−' : '±'}${Math.abs(v).toFixed(1)}`
/** 'p < .001', 'p .032'. */
export const chance = (p: number) => (p < 0.001 ? 'p < .001' : `p ${p.toFixed(p < 0.1 ? 3 : 2).replace(/^0/, '')}`)
