import { expect, test } from 'vitest'
import { nextColour, palette } from '#shared/model/label.ts'

/** sRGB → OKLab: bottosson.github.io/posts/oklab. */
function oklab(colour: string): [number, number, number] {
  const [r, g, b] = [1, 3, 5].map((i) => {
    const c = parseInt(colour.slice(i, i + 2), 16) / 255
    return c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4
  }) as [number, number, number]
  const l = Math.cbrt(0.4122214708 * r + 0.5363325363 * g + 0.0514459929 * b)
  const m = Math.cbrt(0.2119034982 * r + 0.6806995451 * g + 0.1073969566 * b)
  const s = Math.cbrt(0.0883024619 * r + 0.2817188376 * g + 0.6299787005 * b)
  return [
    0.2104542553 * l + 0.793617785 * m - 0.0040720468 * s,
    1.9779984951 * l - 2.428592205 * m + 0.4505937099 * s,
    0.0259040371 * l + 0.7827717662 * m - 0.808675766 * s,
  ]
}
const distance = (a: string, b: string) => Math.hypot(...oklab(a).map((v, i) => v - oklab(b)[i]!))

test('no two of 64 colours are alike, and the first ones differ most', () => {
  const nearest = (n: number) => Math.min(...palette.slice(0, n).flatMap((a, i) => palette.slice(0, i).map((b) => distance(a, b))))
  expect(palette).toHaveLength(64)
  expect(nearest(9)).toBeGreaterThan(0.1)
  expect(nearest(64)).toBeGreaterThan(0.08)
})

test('a label gets a colour that no other has, as long as there is one', () => {
  const used: string[] = []
  for (let i = 0; i < palette.length; i++) used.push(nextColour(used))
  expect(new Set(used).size).toBe(palette.length)
  expect(nextColour(used.filter((c) => c !== palette[5]))).toBe(palette[5])
  expect(nextColour(used)).toBe(palette[0])
})
