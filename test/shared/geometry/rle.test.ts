import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { polygonToRle, ringToRle } from '#shared/geometry/rasterise.ts'
import {
  checkRuns,
  decodeCounts,
  decodeRle,
  encodeCounts,
  encodeRle,
  rleArea,
  rleBox,
  rleContains,
  rleFromBitmap,
  rleIntersection,
  rleIou,
  rleMerge,
  rleSubtract,
  rleToBitmap,
  rleUnion,
  runsFromIntervals,
} from '#shared/geometry/rle.ts'
import { rle as rleSchema } from '#shared/model/shape.ts'

const numbers = z.array(z.number())
const golden = z
  .object({
    polygons: z.array(z.object({ points: numbers, rle: rleSchema, area: z.number(), bbox: numbers })),
    pairs: z.array(
      z.object({
        a: rleSchema,
        b: rleSchema,
        bitmapA: z.string(),
        iou: z.number(),
        crowdIou: z.number(),
        union: rleSchema,
        intersection: rleSchema,
        areaA: z.number(),
        bboxA: numbers,
      }),
    ),
    large: z.object({ points: numbers, rle: rleSchema, area: z.number() }),
  })
  .parse(JSON.parse(readFileSync(new URL('../../parity/geometry/masks.json', import.meta.url), 'utf8')))

const bitmap = fc
  .tuple(fc.integer({ min: 1, max: 12 }), fc.integer({ min: 1, max: 12 }))
  .chain(([h, w]) => fc.tuple(fc.constant(h), fc.constant(w), fc.array(fc.constantFrom(0, 1), { minLength: h * w, maxLength: h * w })))

describe('as pycocotools', () => {
  test('polygons are rasterised to the same pixels', () => {
    for (const { points, rle, area, bbox } of golden.polygons) {
      const ours = ringToRle(points, rle.size[0], rle.size[1])
      expect(ours).toEqual(rle)
      expect(rleArea(ours)).toBe(area)
      const box = rleBox(ours)
      expect([box.x, box.y, box.w, box.h]).toEqual(bbox)
    }
  })

  test('a polygon of 400 vertices on 2000 × 3000 pixels', () => {
    const ours = ringToRle(golden.large.points, 2000, 3000)
    expect(ours).toEqual(golden.large.rle)
    expect(rleArea(ours)).toBe(golden.large.area)
  })

  test('encoding, area, box, IoU and merges', () => {
    for (const p of golden.pairs) {
      const [h, w] = p.a.size
      const bits = Array.from(p.bitmapA, Number)
      expect(rleFromBitmap(bits, h, w)).toEqual(p.a)
      expect(Array.from(rleToBitmap(p.a))).toEqual(bits)
      expect(rleArea(p.a)).toBe(p.areaA)
      const box = rleBox(p.a)
      expect([box.x, box.y, box.w, box.h]).toEqual(p.bboxA)
      expect(rleIou(p.a, p.b)).toBeCloseTo(Number.isNaN(p.iou) ? 0 : p.iou, 12)
      expect(rleIou(p.a, p.b, true)).toBeCloseTo(Number.isNaN(p.crowdIou) ? 0 : p.crowdIou, 12)
      expect(rleToBitmap(rleUnion(p.a, p.b))).toEqual(rleToBitmap(p.union))
      expect(rleMerge([p.a, p.b])).toEqual(p.union)
      expect(rleMerge([p.a, p.b], 'intersection')).toEqual(p.intersection)
    }
  })
})

test('compressed counts round-trip, however long the runs', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 2 ** 40 })), (counts) => {
      expect(decodeCounts(encodeCounts(counts))).toEqual(counts)
    }),
  )
})

test('set operations are those of the pixels', () => {
  fc.assert(
    fc.property(bitmap, fc.infiniteStream(fc.constantFrom(0, 1)), ([h, w, a], stream) => {
      const b = a.map(() => Number(stream.next().value))
      const [ra, rb] = [rleFromBitmap(a, h, w), rleFromBitmap(b, h, w)]
      const expected = (f: (p: number, q: number) => number) =>
        rleFromBitmap(
          a.map((p, i) => f(p, b[i]!)),
          h,
          w,
        )
      expect(rleUnion(ra, rb)).toEqual(expected((p, q) => p | q))
      expect(rleIntersection(ra, rb)).toEqual(expected((p, q) => p & q))
      expect(rleSubtract(ra, rb)).toEqual(expected((p, q) => p & (1 - q)))
      a.forEach((v, i) => expect(rleContains(ra, (i % w) + 0.5, Math.floor(i / w) + 0.5)).toBe(v === 1))
    }),
  )
})

test('intervals that touch or overlap join', () => {
  expect(
    runsFromIntervals(4, 3, [
      [2, 4],
      [4, 5],
      [4, 6],
      [9, 12],
    ]).counts,
  ).toEqual([2, 4, 3, 3])
  expect(runsFromIntervals(2, 2, []).counts).toEqual([4])
})

test.each([
  ['truncated in a number', 'PP`', /middle of a number/],
  ['a foreign character', 'a b', /foreign character at 1/],
  ['a run below zero', 'O', /negative run/],
])('counts with %s are refused', (_, counts, message) => {
  expect(() => decodeCounts(counts)).toThrow(message)
})

test('runs that do not fill the mask are refused', () => {
  expect(() => decodeRle(encodeRle({ height: 3, width: 3, counts: [4, 4] }))).toThrow('cover 8 pixels, expected 3 × 3')
  expect(() => checkRuns({ height: 1, width: 1, counts: [0.5, 0.5] })).toThrow('not a whole number')
})

test('a hole is cut out and a vertex light-years away is refused', () => {
  const square = [
    [0, 0, 10, 0, 10, 10, 0, 10],
    [3, 3, 6, 3, 6, 6, 3, 6],
  ]
  expect(rleArea(polygonToRle([square], 12, 12))).toBe(91)
  expect(() => ringToRle([0, 0, 1e300, 0, 5, 5], 10, 10)).toThrow('too far outside')
})
