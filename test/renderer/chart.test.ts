/** Series are told apart at a glance; that colour-blind eyes tell them apart too is held by text.test.ts. */
import { describe, expect, it } from 'vitest'
import { seriesColours, seriesShape } from '../../src-renderer/chart.ts'

type Triple = [number, number, number]
const linear = (hex: string) =>
  [1, 3, 5].map((i) => {
    const c = parseInt(hex.slice(i, i + 2), 16) / 255
    return c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4
  }) as Triple
const dot = (row: Triple, c: Triple) => row[0] * c[0] + row[1] * c[1] + row[2] * c[2]
/** Oklab (Ottosson 2020). */
function lab(c: Triple): Triple {
  const l = Math.cbrt(dot([0.4122214708, 0.5363325363, 0.0514459929], c))
  const m = Math.cbrt(dot([0.2119034982, 0.6806995451, 0.1073969566], c))
  const s = Math.cbrt(dot([0.0883024619, 0.2817188376, 0.6299787005], c))
  return [
    0.2104542553 * l + 0.793617785 * m - 0.0040720468 * s,
    1.9779984951 * l - 2.428592205 * m + 0.4505937099 * s,
    0.0259040371 * l + 0.7827717662 * m - 0.808675766 * s,
  ]
}
const distance = (a: string, b: string) => Math.hypot(...lab(linear(a)).map((v, i) => v - lab(linear(b))[i]!))

describe('series', () => {
  it('have colours that are all distinct: blue and violet were 0.13 apart, and were mistaken for one another', () => {
    for (const [i, a] of seriesColours.entries())
      for (const b of seriesColours.slice(i + 1)) expect(distance(a, b), `${a} ${b}`).toBeGreaterThan(0.2)
  })
  it('have distinct shapes as points', () => {
    expect(new Set(seriesColours.map((_, i) => seriesShape(i))).size).toBe(seriesColours.length)
  })
})
