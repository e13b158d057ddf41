/** Outlines with fewer vertices: what stays of them, and that they never cross. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { boundsOf } from '#shared/geometry/box.ts'
import { rleToPolygon } from '#shared/geometry/contours.ts'
import { polygonOverlap } from '#shared/geometry/overlap.ts'
import { lineDistance, polygonArea, polygonIntersection, polygonUnion, ringArea } from '#shared/geometry/polygon.ts'
import { rleFromBitmap } from '#shared/geometry/rle.ts'
import { converted, simplification } from '#shared/geometry/convert.ts'
import { simplified } from '#shared/geometry/simplify.ts'
import { rleTopology } from '#shared/geometry/topology.ts'
import type { PolygonPart, Rle, Shape } from '#shared/model/shape.ts'

/** Blobs: what is above the middle of smooth noise, with holes, islands in them and pixels that touch by a corner. */
const blobs = fc
  .record({ seed: fc.integer({ min: 1, max: 1e6 }), side: fc.integer({ min: 4, max: 30 }), smooth: fc.integer({ min: 0, max: 3 }) })
  .map(({ seed, side, smooth }): Rle => {
    let state = seed
    const random = () => (state = (state * 16807) % 2147483647) / 2147483647
    let values = Array.from({ length: side * side }, random)
    for (let i = 0; i < smooth; i++)
      values = values.map((_, at) => {
        const [x, y] = [at % side, Math.floor(at / side)]
        let [sum, n] = [0, 0]
        for (let dy = -1; dy <= 1; dy++)
          for (let dx = -1; dx <= 1; dx++) {
            if (x + dx < 0 || y + dy < 0 || x + dx >= side || y + dy >= side) continue
            sum += values[(y + dy) * side + x + dx]!
            n++
          }
        return sum / n
      })
    return rleFromBitmap(
      values.map((v) => (v > 0.5 ? 1 : 0)),
      side,
      side,
    )
  })
const tolerances = fc.double({ min: 0, max: 6, noNaN: true })
const count = (parts: readonly PolygonPart[]) => parts.flat().reduce((n, ring) => n + ring.length / 2, 0)
/** By the shoelace formula, so that what is covered twice or the wrong way round does not count as one area. */
const isClean = (parts: readonly PolygonPart[]) => {
  const { a } = polygonOverlap(parts, [])
  expect(polygonArea(parts)).toBeCloseTo(a, 6)
  for (const [outer, ...holes] of parts) {
    const inside = polygonOverlap(
      [[outer!]],
      holes.map((hole) => [hole]),
    ).both
    expect(inside).toBeCloseTo(
      holes.reduce((sum, hole) => sum + ringArea(hole), 0),
      6,
    )
  }
}

describe('simplifying', () => {
  test('with tolerance 0 keeps every vertex', () => {
    fc.assert(
      fc.property(blobs, (rle) => {
        const parts = rleToPolygon(rle)
        expect(simplified(parts, 0)).toEqual(parts)
      }),
      { numRuns: 40 },
    )
  })
  test('an outline of a mask leaves areas, crosses nothing, and keeps its parts and holes but for specks', () => {
    fc.assert(
      fc.property(blobs, tolerances, (rle, tolerance) => {
        const parts = rleToPolygon(rle)
        fc.pre(parts.length > 0)
        const simple = simplified(parts, tolerance)
        for (const ring of simple.flat()) expect(ringArea(ring)).toBeGreaterThan(0)
        isClean(simple)
        expect(count(simple)).toBeLessThanOrEqual(count(parts))
        const { parts: had, holes } = rleTopology(rle)
        const specks = parts.flat().filter((ring) => Math.max(boundsOf(ring).w, boundsOf(ring).h) <= tolerance).length
        expect(simple.length).toBeGreaterThanOrEqual(Math.max(1, had - specks))
        expect(simple.flat().length).toBeGreaterThanOrEqual(Math.max(1, had + holes - specks))
        if (!specks) expect([simple.length, simple.flat().length]).toEqual([had, had + holes])
      }),
      { numRuns: 120 },
    )
  })
  test('moves nothing by more than the tolerance', () => {
    fc.assert(
      fc.property(blobs, tolerances, (rle, tolerance) => {
        const [part] = rleToPolygon(rle)
        fc.pre(part !== undefined)
        const [outer] = simplified([[part![0]!]], tolerance)[0]!
        for (let i = 0; i < part![0]!.length; i += 2)
          expect(lineDistance(outer!, part![0]![i]!, part![0]![i + 1]!, true)).toBeLessThanOrEqual(tolerance + 1e-9)
      }),
    )
  })
  test('a comb whose teeth are thinner than the tolerance', () => {
    const comb: number[] = [0, 10]
    for (let x = 0; x < 40; x += 2) comb.push(x, 0, x + 1, 0, x + 1, 9.9, x + 2, 9.9)
    comb.push(40, 10)
    for (const tolerance of [0.5, 2, 11]) isClean(simplified([[comb]], tolerance))
  })
  test('the neighbour in a bay is not swallowed by what the bay belongs to', () => {
    const bay: PolygonPart = [[0, 0, 30, 0, 30, 10, 25, 10, 24, 7, 6, 7, 5, 10, 0, 10]]
    const neighbour: PolygonPart = [[10, 8, 20, 8, 20, 9, 10, 9]]
    const simple = simplified([bay, neighbour], 4)
    expect(simple).toHaveLength(2)
    expect(polygonArea(polygonIntersection([simple[0]!], [simple[1]!]))).toBe(0)
    expect(count(simplified([bay], 4))).toBeLessThan(count([simple[0]!])) // alone, the bay goes
  })
  test('the largest part stays, however large the tolerance', () => {
    const simple = simplified([[[0, 0, 3, 0, 3, 3, 0, 3]], [[8, 0, 9, 0, 9, 1, 8, 1]]], 100)
    expect(simple).toHaveLength(1)
    expect(polygonArea(simple)).toBeGreaterThan(0)
  })
  test('polygons drawn by hand that cross nothing cross nothing afterwards', () => {
    const star = fc.array(fc.double({ min: 1, max: 45, noNaN: true }), { minLength: 3, maxLength: 60 }).map((radii) =>
      radii.flatMap((r, i) => {
        const a = (2 * Math.PI * i) / radii.length
        return [50 + r * Math.cos(a), 50 + r * Math.sin(a)]
      }),
    )
    fc.assert(
      fc.property(star, fc.double({ min: 0, max: 60, noNaN: true }), (ring, tolerance) => {
        const simple = simplified([[ring]], tolerance)
        isClean(simple)
        expect(polygonArea(simple)).toBeGreaterThan(0)
      }),
      { numRuns: 80 },
    )
  })
  test('a source that crosses itself is simplified all the same', () => {
    const bow = [0, 0, 5, 4.9, 10, 10, 10, 0, 5, 5.1, 0, 10]
    expect(count(simplified([[bow]], 0.5))).toBeLessThanOrEqual(6)
  })
})

describe('what a simplification says', () => {
  test('the IoU is that of the areas, as polyclip finds it', () => {
    fc.assert(
      fc.property(blobs, tolerances, (rle, tolerance) => {
        const shape: Shape = { kind: 'mask', rle }
        const found = simplification(shape, tolerance)
        fc.pre(found !== null)
        const [before, after] = [rleToPolygon(rle), found!.shape.kind === 'polygon' ? found!.shape.parts : []]
        const both = polygonArea(polygonIntersection(before, after))
        const either = polygonArea(polygonUnion(before, after))
        expect(found!.iou).toBeCloseTo(both / either, 6)
        expect(found!.vertices).toBe(count(after))
      }),
      { numRuns: 8 },
    )
  })
  test('a line has no area to compare', () => {
    expect(simplification({ kind: 'polyline', points: [0, 0, 5, 0.1, 10, 0] }, 1)).toEqual({
      shape: { kind: 'polyline', points: [0, 0, 10, 0] },
      vertices: 2,
      iou: null,
    })
    expect(simplification({ kind: 'box', x: 0, y: 0, w: 1, h: 1 }, 1)).toBeNull()
  })
})

describe('converting', () => {
  const size = { width: 20, height: 20 }
  const box: Shape = { kind: 'box', x: 2, y: 3, w: 4, h: 5 }
  test('a box goes round by way of mask and polygon', () => {
    const mask = converted(box, 'mask', size)!
    const polygon = converted(mask, 'polygon', size)!
    expect(polygon.kind).toBe('polygon')
    expect(converted(polygon, 'box', size)).toEqual(box)
    expect(converted(converted(polygon, 'mask', size)!, 'polygon', size)).toEqual(polygon)
  })
  test('a mask with a hole keeps it as a polygon', () => {
    const rle = rleFromBitmap([1, 1, 1, 1, 0, 1, 1, 1, 1], 3, 3)
    const polygon = converted({ kind: 'mask', rle }, 'polygon', { width: 3, height: 3 }) as Extract<Shape, { kind: 'polygon' }>
    expect(polygon.parts.map((part) => part.length)).toEqual([2])
    expect(converted(polygon, 'mask', { width: 3, height: 3 })).toEqual({ kind: 'mask', rle })
  })
  test('what is so already, has no area or would have none is left', () => {
    expect(converted(box, 'box', size)).toBeNull()
    expect(converted({ kind: 'polyline', points: [0, 0, 5, 5] }, 'mask', size)).toBeNull()
    expect(converted({ kind: 'polyline', points: [0, 0, 5, 0] }, 'box', size)).toBeNull()
    expect(converted({ kind: 'box', x: 3.1, y: 3.1, w: 0.2, h: 0.2 }, 'mask', size)).toBeNull()
    expect(converted({ kind: 'box', x: 30, y: 3, w: 4, h: 4 }, 'mask', size)).toBeNull()
    expect(converted({ kind: 'mask', rle: rleFromBitmap([0, 0, 0, 0], 2, 2) }, 'polygon', size)).toBeNull()
  })
  test('any shape with an extent has a box', () => {
    expect(
      converted(
        {
          kind: 'keypoints',
          points: [
            { x: 1, y: 2, v: 2 },
            { x: 4, y: 6, v: 1 },
          ],
        },
        'box',
        size,
      ),
    ).toEqual({
      kind: 'box',
      x: 1,
      y: 2,
      w: 3,
      h: 4,
    })
  })
})
