import fc from 'fast-check'
import { expect, test } from 'vitest'
import { polygonToRle } from '#shared/geometry/rasterise.ts'
import { rleToPolygon } from '#shared/geometry/contours.ts'
import { polygonArea } from '#shared/geometry/polygon.ts'
import { rleArea, rleFromBitmap, rleIou, rleToBitmap } from '#shared/geometry/rle.ts'

/** '#' is set. */
const mask = (...rows: string[]) =>
  rleFromBitmap(
    rows
      .join('')
      .split('')
      .map((c) => (c === '#' ? 1 : 0)),
    rows.length,
    rows[0]!.length,
  )

const bitmap = fc
  .tuple(fc.integer({ min: 1, max: 14 }), fc.integer({ min: 1, max: 14 }))
  .chain(([h, w]) => fc.tuple(fc.constant(h), fc.constant(w), fc.array(fc.constantFrom(0, 1), { minLength: h * w, maxLength: h * w })))

test('a ring of pixels becomes one part with one hole', () => {
  const parts = rleToPolygon(mask('.....', '.###.', '.#.#.', '.###.', '.....'))
  expect(parts).toHaveLength(1)
  expect(parts[0]![0]).toHaveLength(8)
  expect(polygonArea(parts)).toBe(8)
  expect(parts[0]![1]!.toSorted((a, b) => a - b)).toEqual([2, 2, 2, 2, 3, 3, 3, 3])
})

test('an island in a lake is a separate part', () => {
  const parts = rleToPolygon(mask('#######', '#.....#', '#.###.#', '#.#.#.#', '#.###.#', '#.....#', '#######'))
  expect(parts.map((part) => part.length)).toEqual([2, 2])
})

test('pixels that touch by a corner are separate parts', () => {
  expect(rleToPolygon(mask('#.', '.#'))).toHaveLength(2)
})

test('an empty mask has no parts', () => {
  expect(rleToPolygon(mask('...', '...'))).toEqual([])
})

test('any mask round-trips exactly through its polygon', () => {
  fc.assert(
    fc.property(bitmap, ([h, w, bits]) => {
      const rle = rleFromBitmap(bits, h, w)
      const parts = rleToPolygon(rle)
      const back = polygonToRle(parts, h, w)
      expect(back).toEqual(rle)
      expect(Array.from(rleToBitmap(back))).toEqual(bits)
      expect(polygonArea(parts)).toBe(rleArea(rle))
      expect(rleIou(rle, back)).toBe(rleArea(rle) ? 1 : 0)
    }),
    { numRuns: 500 },
  )
})
