/** Exact areas of what two polygons share, compared with polyclip's boolean operations. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { polygonIou, polygonOverlap } from '#shared/geometry/overlap.ts'
import { polygonArea, polygonIntersection, polygonUnion } from '#shared/geometry/polygon.ts'
import { rleToPolygon } from '#shared/geometry/contours.ts'
import { rleFromBitmap, rleIou } from '#shared/geometry/rle.ts'
import type { PolygonPart } from '#shared/model/shape.ts'

const square = (x: number, y: number, side: number): PolygonPart => [[x, y, x + side, y, x + side, y + side, x, y + side]]
const withHole: PolygonPart = [
  [0, 0, 10, 0, 10, 10, 0, 10],
  [3, 3, 7, 3, 7, 7, 3, 7],
]

test('squares that overlap', () => {
  expect(polygonOverlap([square(0, 0, 4)], [square(2, 2, 4)])).toEqual({ a: 16, b: 16, both: 4 })
  expect(polygonIou([square(0, 0, 4)], [square(0, 0, 4)])).toBe(1)
  expect(polygonIou([square(0, 0, 4)], [square(4, 0, 4)])).toBe(0)
})
test('a hole is no area, and parts that overlap count once', () => {
  expect(polygonOverlap([withHole], [square(2, 2, 6)])).toEqual({ a: 84, b: 36, both: 20 })
  expect(polygonOverlap([square(0, 0, 4), square(2, 2, 4)], [])).toEqual({ a: 28, b: 0, both: 0 })
})
test('a bow tie is its two triangles', () => {
  const { a } = polygonOverlap([[[0, 0, 4, 4, 4, 0, 0, 4]]], [])
  expect(a).toBeCloseTo(8, 12)
})

/** No nearer to each other than a thousandth of a pixel, where polyclip's own arithmetic still holds. */
const coordinate = fc.double({ min: 0, max: 20, noNaN: true }).map((v) => Math.round(v * 1e3) / 1e3 + 1e-7)
/** Any ring in general position, with crossings; no two edges lie on each other, of which polyclip makes one. */
const ring = fc.uniqueArray(coordinate, { minLength: 6, maxLength: 14 }).map((flat) => flat.slice(0, flat.length - (flat.length % 2)))

test('rings that cross themselves and each other have the areas that polyclip finds', () => {
  fc.assert(
    fc.property(ring, ring, (one, other) => {
      const [a, b]: [PolygonPart[], PolygonPart[]] = [[[one]], [[other]]]
      const areas = polygonOverlap(a, b)
      expect(areas.a).toBeCloseTo(polygonArea(polygonUnion(a, [])), 6)
      expect(areas.b).toBeCloseTo(polygonArea(polygonUnion(b, [])), 6)
      expect(areas.both).toBeCloseTo(polygonArea(polygonIntersection(a, b)), 6)
    }),
    { numRuns: 30 },
  )
})

test('edges that are millionths of a pixel apart are united and intersected, to the thousandth of a pixel', () => {
  const a: PolygonPart[] = [[[0.0047231, 1e-7, 0.0000241, 8.0243021, 0.0000011, 0.0000021]]]
  const b: PolygonPart[] = [[[2.9577961, 1e-7, 0.0015231, 0.0954441, 0.0000061, 0.0002081, 0.0008011, 0.0631581]]]
  const areas = polygonOverlap(a, b)
  expect(polygonArea(polygonIntersection(a, b))).toBeCloseTo(areas.both, 2)
  expect(polygonArea(polygonUnion(a, b))).toBeCloseTo(areas.a + areas.b - areas.both, 2)
})

const side = 12
const pixels = fc.array(fc.constantFrom(0, 1), { minLength: side * side, maxLength: side * side })
test('the outlines of two masks overlap as their pixels do', () => {
  fc.assert(
    fc.property(pixels, pixels, (one, other) => {
      const [a, b] = [rleFromBitmap(one, side, side), rleFromBitmap(other, side, side)]
      expect(polygonIou(rleToPolygon(a), rleToPolygon(b))).toBeCloseTo(rleIou(a, b), 12)
    }),
    { numRuns: 30 },
  )
})
