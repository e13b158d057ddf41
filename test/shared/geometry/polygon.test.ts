import fc from 'fast-check'
import { expect, test } from 'vitest'
import { boxIou, boxRing, rotatedBoxContains, rotatedBoxRing, shapeBox } from '#shared/geometry/box.ts'
import {
  clipPolygon,
  lineDistance,
  polygonArea,
  polygonContains,
  polygonIntersection,
  polygonSubtract,
  polygonUnion,
  ringArea,
  ringContains,
  simplifyLine,
  simplifyPolygon,
} from '#shared/geometry/polygon.ts'
import { clipShape, shapeArea, shapeContains, shapeMask, shapePolygon } from '#shared/geometry/shape.ts'
import { rleArea, rleIou } from '#shared/geometry/rle.ts'
import type { PolygonPart, Ring } from '#shared/model/shape.ts'

const square = (x: number, y: number, size: number): Ring => boxRing({ x, y, w: size, h: size })
const withHole: PolygonPart[] = [[square(0, 0, 10), square(3, 3, 4)]]
const coordinate = fc.double({ min: -50, max: 50, noNaN: true })
/** A star-shaped ring round (50, 50), so never self-crossing. */
const star = fc.array(fc.double({ min: 5, max: 45, noNaN: true }), { minLength: 3, maxLength: 40 }).map((radii) =>
  radii.flatMap((r, i) => {
    const a = (2 * Math.PI * i) / radii.length
    return [50 + r * Math.cos(a), 50 + r * Math.sin(a)]
  }),
)

test('area and hit-test leave holes out', () => {
  expect(polygonArea(withHole)).toBe(84)
  expect(polygonContains(withHole, 1, 1)).toBe(true)
  expect(polygonContains(withHole, 5, 5)).toBe(false)
  expect(polygonContains(withHole, 11, 5)).toBe(false)
})

test('union, subtraction and intersection keep the sum of areas', () => {
  fc.assert(
    fc.property(star, star, fc.integer({ min: -60, max: 60 }), (a, b, shift) => {
      const p: PolygonPart[] = [[a]]
      const q: PolygonPart[] = [[b.map((v, i) => (i % 2 ? v : v + shift))]]
      const both = polygonArea(polygonIntersection(p, q))
      expect(polygonArea(polygonUnion(p, q))).toBeCloseTo(polygonArea(p) + polygonArea(q) - both, 5)
      expect(polygonArea(polygonSubtract(p, q))).toBeCloseTo(polygonArea(p) - both, 5)
    }),
    { numRuns: 60 },
  )
})

test('cutting a square out of a larger one leaves a hole', () => {
  const [part, ...others] = polygonSubtract([[square(0, 0, 10)]], [[square(3, 3, 4)]])
  expect(others).toEqual([])
  expect(part).toHaveLength(2)
  expect(polygonArea([part!])).toBe(84)
})

test('clipping keeps untouched polygons as they are and never leaves the image', () => {
  expect(clipPolygon(withHole, 20, 20)).toEqual(withHole)
  fc.assert(
    fc.property(star, (ring) => {
      const clipped = clipPolygon([[ring]], 60, 40)
      for (const [outer] of clipped)
        outer!.forEach((v, i) => {
          expect(v).toBeGreaterThanOrEqual(0)
          expect(v).toBeLessThanOrEqual(i % 2 ? 40 : 60)
        })
      expect(polygonArea(clipped)).toBeLessThanOrEqual(ringArea(ring) + 1e-6)
    }),
    { numRuns: 60 },
  )
})

test('simplifying keeps every vertex within the tolerance', () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(coordinate, coordinate), { minLength: 2, maxLength: 60 }),
      fc.double({ min: 0, max: 10, noNaN: true }),
      (points, tolerance) => {
        const line = points.flat()
        const simple = simplifyLine(line, tolerance)
        for (const [x, y] of points) expect(lineDistance(simple, x, y, false)).toBeLessThanOrEqual(tolerance + 1e-9)
      },
    ),
  )
  const dense = Array.from({ length: 4 }, (_, side) =>
    Array.from(
      { length: 25 },
      (_, i) =>
        [
          [i, 0],
          [25, i],
          [25 - i, 25],
          [0, 25 - i],
        ][side]!,
    ),
  ).flat(2)
  expect(simplifyPolygon([[dense]], 0.1)).toEqual([[[0, 0, 25, 0, 25, 25, 0, 25]]])
})

test('a rotated box contains what its ring contains', () => {
  fc.assert(
    fc.property(
      coordinate,
      coordinate,
      fc.double({ min: 1, max: 40, noNaN: true }),
      fc.double({ min: -720, max: 720, noNaN: true }),
      coordinate,
      coordinate,
      (cx, cy, w, angle, x, y) => {
        const b = { cx, cy, w, h: w / 2, angle }
        const ring = rotatedBoxRing(b)
        fc.pre(lineDistance(ring, x, y, true) > 1e-6)
        expect(rotatedBoxContains(b, x, y)).toBe(ringContains(ring, x, y))
        expect(ringArea(ring)).toBeCloseTo((w * w) / 2, 6)
      },
    ),
  )
  expect(rotatedBoxRing({ cx: 0, cy: 0, w: 4, h: 2, angle: 90 })[0]).toBeCloseTo(1) // its top-left corner is at the top right now
})

test('IoU of boxes', () => {
  expect(boxIou({ x: 0, y: 0, w: 2, h: 2 }, { x: 1, y: 0, w: 2, h: 2 })).toBeCloseTo(1 / 3)
  expect(boxIou({ x: 0, y: 0, w: 1, h: 1 }, { x: 1, y: 0, w: 1, h: 1 })).toBe(0)
})

test('every shape answers area, box, hit and mask alike', () => {
  const box = { kind: 'box', x: 2, y: 3, w: 4, h: 5 } as const
  const mask = { kind: 'mask', rle: shapeMask(box, 20, 20)! } as const
  const turned = { kind: 'rotated-box', cx: 4, cy: 5.5, w: 5, h: 4, angle: 90 } as const
  for (const shape of [box, mask, turned, { kind: 'polygon', parts: shapePolygon(mask)! } as const]) {
    expect(shapeArea(shape)).toBe(20)
    const b = shapeBox(shape)
    expect([b.x, b.y, b.w, b.h].map((v) => Math.round(v * 1e9) / 1e9)).toEqual([2, 3, 4, 5])
    expect(shapeContains(shape, 3, 4)).toBe(true)
    expect(shapeContains(shape, 7, 4)).toBe(false)
    expect(rleIou(shapeMask(shape, 20, 20)!, mask.rle)).toBe(1)
  }
})

test('shapes are clipped to the image; what is wholly outside is gone', () => {
  expect(clipShape({ kind: 'box', x: -5, y: 5, w: 10, h: 10 }, 20, 12)).toEqual({ kind: 'box', x: 0, y: 5, w: 5, h: 7 })
  expect(clipShape({ kind: 'box', x: 30, y: 5, w: 10, h: 10 }, 20, 12)).toBeNull()
  expect(clipShape({ kind: 'keypoints', points: [{ x: 50, y: 1, v: 2 }] }, 20, 12)).toBeNull()
  expect(rleArea(shapeMask({ kind: 'polygon', parts: [[[-1e6, 0, 5, 0, 5, 10, -1e6, 10]]] }, 10, 10)!)).toBe(50)
})
