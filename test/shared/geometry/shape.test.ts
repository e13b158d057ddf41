/** What all kinds of shapes answer: area, hits, lengths, masks, and what is left of them inside an image. */
import { describe, expect, test } from 'vitest'
import { angleAt, measured, pathLength } from '#shared/geometry/measure.ts'
import { reachOf, ringToRle } from '#shared/geometry/rasterise.ts'
import { rleArea, rleFromBitmap, rleToBitmap, runsFromIntervals } from '#shared/geometry/rle.ts'
import { clipShape, coordinatesOf, shapeArea, shapeContains, shapeMask, shapePolygon, shapeProblem } from '#shared/geometry/shape.ts'
import type { Shape } from '#shared/model/shape.ts'

const square = [0, 0, 4, 0, 4, 4, 0, 4]
const hole = [1, 1, 3, 1, 3, 3, 1, 3]
const bits = new Uint8Array(30)
bits[1 * 6 + 2] = bits[1 * 6 + 3] = bits[3 * 6 + 5] = 1
const shapes = {
  box: { kind: 'box', x: 1, y: 2, w: 3, h: 4 },
  turned: { kind: 'rotated-box', cx: 3, cy: 4, w: 4, h: 2, angle: 90 },
  polygon: { kind: 'polygon', parts: [[square, hole], [[10, 0, 12, 0, 12, 1]]] },
  mask: { kind: 'mask', rle: rleFromBitmap(bits, 5, 6) },
  line: { kind: 'polyline', points: [0, 0, 3, 4, 3, 10] },
  points: {
    kind: 'keypoints',
    points: [
      { x: 1, y: 1, v: 2 },
      { x: 5, y: 1, v: 1 },
      { x: 9, y: 9, v: 0 },
    ],
    edges: [
      [0, 1],
      [1, 2],
    ],
  },
} as const satisfies Record<string, unknown>
const all = shapes as unknown as Record<keyof typeof shapes, Shape>

test('areas: a hole is not of the polygon, lines and points have none', () => {
  expect(Object.values(all).map(shapeArea)).toEqual([12, 8, 12 + 1, 3, 0, 0])
})

test('lengths: of a polygon all outlines, holes too', () => {
  expect(measured(all.box)).toEqual({ area: 12, perimeter: 14 })
  expect(measured(all.turned)).toEqual({ area: 8, perimeter: 12 })
  expect(measured(all.polygon)).toEqual({ area: 13, perimeter: 16 + 8 + 3 + Math.sqrt(5) })
  expect(measured(all.mask)).toEqual({ area: 3 })
  expect(measured(all.line)).toEqual({ length: 11 })
  expect(measured(all.points)).toEqual({})
  expect([pathLength([]), pathLength([{ x: 1, y: 1 }])]).toEqual([0, 0])
})

test('angles, 0 to 180 degrees; none where a side has no length', () => {
  const at = (x: number, y: number) => ({ x, y })
  expect(angleAt(at(1, 0), at(0, 0), at(0, 1))).toBeCloseTo(90)
  expect(angleAt(at(0, 1), at(0, 0), at(1, 0))).toBeCloseTo(90)
  expect(angleAt(at(3, 2), at(2, 2), at(5, 5))).toBeCloseTo(45)
  expect(angleAt(at(1, 0), at(0, 0), at(-2, 0))).toBeCloseTo(180)
  expect([angleAt(at(2, 2), at(2, 2), at(1, 0)), angleAt(at(1, 0), at(2, 2), at(2, 2))]).toEqual([null, null])
  expect(angleAt(at(0, 3), at(0, 0), at(0, 1))).toBe(0)
  expect(angleAt(at(3, 0), at(0, 0), at(1, 0))).toBe(0)
})

describe('is a point in it?', () => {
  const hits = (shape: Shape, places: [number, number][], reach?: number) => places.map(([x, y]) => shapeContains(shape, x, y, reach))
  test('areas', () => {
    expect(
      hits(all.box, [
        [1, 2],
        [4, 6],
        [0, 3],
      ]),
    ).toEqual([true, true, false])
    expect(
      hits(all.turned, [
        [3, 5.5],
        [4.5, 4],
      ]),
    ).toEqual([true, false])
    expect(
      hits(all.polygon, [
        [0.5, 0.5],
        [2, 2],
        [11.5, 0.2],
        [8, 0],
      ]),
    ).toEqual([true, false, true, false])
    expect(
      hits(all.mask, [
        [2.5, 1.5],
        [5.5, 3.5],
        [1.5, 2.5],
      ]),
    ).toEqual([true, true, false])
  })
  test('a line within a reach', () => {
    expect(
      hits(
        all.line,
        [
          [3, 7],
          [4, 7],
          [5.1, 7],
        ],
        2,
      ),
    ).toEqual([true, true, false])
    expect(
      hits(all.line, [
        [3, 7],
        [3.1, 7],
      ]),
    ).toEqual([true, false])
  })
  test('points and the edges between those that are labelled', () => {
    expect(
      hits(
        all.points,
        [
          [1, 3],
          [1, 3.1],
          [3, 2.5],
          [3, 3.1],
          [9, 9],
          [7, 5],
        ],
        2,
      ),
    ).toEqual([true, false, true, false, false, false])
    expect(shapeContains({ kind: 'keypoints', points: [{ x: 1, y: 1, v: 2 }] }, 3, 1, 1)).toBe(false)
  })
})

test('as polygons and as masks', () => {
  expect(shapePolygon(all.box)).toEqual([[[1, 2, 4, 2, 4, 6, 1, 6]]])
  expect(shapePolygon(all.turned)![0]![0]).toHaveLength(8)
  expect(shapePolygon(all.polygon)).toBe((all.polygon as { parts: unknown }).parts)
  expect(shapePolygon(all.mask)).toHaveLength(2)
  expect([shapePolygon(all.line), shapePolygon(all.points), shapeMask(all.line, 8, 8)]).toEqual([null, null, null])
  expect(shapeMask(all.mask, 5, 6)).toBe((all.mask as { rle: unknown }).rle)
  expect(rleArea(shapeMask(all.box, 8, 8)!)).toBe(12)
  expect([...rleToBitmap(shapeMask(all.polygon, 4, 13)!)].map((b, i) => (b ? i : -1)).filter((i) => i % 13 < 4 && i >= 0)).toEqual([
    0, 1, 2, 3, 13, 16, 26, 29, 39, 40, 41, 42,
  ])
  // Far outside it is clipped first, and covers the image all the same.
  expect(rleArea(shapeMask({ kind: 'box', x: -1e6, y: -1e6, w: 2e6, h: 2e6 }, 8, 9)!)).toBe(72)
})

test('coordinates that a shape consists of', () => {
  expect(Object.values(all).map((s) => [...coordinatesOf(s)])).toEqual([
    [1, 2, 4, 6],
    [3, 4, 4, 2],
    [...square, ...hole, 10, 0, 12, 0, 12, 1],
    [],
    [0, 0, 3, 4, 3, 10],
    [1, 1, 5, 1, 9, 9],
  ])
})

describe('on an image of a size', () => {
  const size = { width: 6, height: 5 }
  test('a mask has the image’s size', () => {
    expect(shapeProblem(all.mask, size)).toBeNull()
    expect(shapeProblem(all.mask, { width: 5, height: 6 })).toBe('a mask of 6 × 5 on an image of 5 × 6')
    expect(shapeProblem(all.mask, { width: 6, height: 6 })).toBe('a mask of 6 × 5 on an image of 6 × 6')
    expect([shapeProblem(all.mask, { width: null, height: 5 }), shapeProblem(all.mask, { width: 6, height: null })]).toEqual([null, null])
  })
  test('nothing is farther outside than a mask can represent', () => {
    const reach = reachOf(6, 5)
    expect(reach).toBe(16 * (6 + 1024))
    expect(reachOf(5, 6)).toBe(reach)
    const line = (v: number): Shape => ({ kind: 'polyline', points: [0, 0, v, 1] })
    expect([shapeProblem(line(reach), size), shapeProblem(line(-reach), size)]).toEqual([null, null])
    expect(shapeProblem(line(reach + 1), size)).toContain(`the coordinate ${reach + 1} is too far outside an image of 6 × 5`)
    expect(shapeProblem(line(-reach - 1), size)).toContain('too far')
    expect(() => ringToRle([0, 0, reach + 1, 0, 0, 5], 5, 6)).toThrow('too far outside')
    expect(() => ringToRle([0, 0, reach, 0, 0, 5], 5, 6)).not.toThrow()
  })
  test('what is inside stays unchanged', () => {
    const clip = (shape: Shape) => clipShape(shape, 6, 5)
    expect(clip({ kind: 'box', x: -1, y: 4, w: 3, h: 3 })).toEqual({ kind: 'box', x: 0, y: 4, w: 2, h: 1 })
    expect(clip({ kind: 'box', x: 6, y: 0, w: 3, h: 3 })).toBeNull()
    const turned = (cx: number, cy: number): Shape => ({ kind: 'rotated-box', cx, cy, w: 4, h: 2, angle: 0 })
    expect([clip(turned(6, 5)), clip(turned(6.1, 5)), clip(turned(0, -0.1))]).toEqual([turned(6, 5), null, null])
    expect(clip({ kind: 'polygon', parts: [[[7, 0, 9, 0, 9, 3]]] })).toBeNull()
    const kept = clip({ kind: 'polygon', parts: [[[-2, 0, 2, 0, 2, 2, -2, 2]]] })
    expect([kept?.kind, shapeArea(kept!)]).toEqual(['polygon', 4])
    expect(clip(all.mask)).toBe(all.mask)
    expect(clipShape(all.mask, 5, 5)).toBeNull()
    expect(clipShape(all.mask, 6, 6)).toBeNull()
    expect(clip({ kind: 'polyline', points: [-1, -1, 9, 9, 3, 2] })).toEqual({ kind: 'polyline', points: [0, 0, 6, 5, 3, 2] })
  })
  test('points outside become unlabelled, and a region without labelled points is dropped', () => {
    const at = (x: number, y: number, v: 0 | 1 | 2 = 2) => ({ x, y, v })
    const clip = (...points: ReturnType<typeof at>[]) =>
      (clipShape({ kind: 'keypoints', points }, 6, 5) as { points: unknown } | null)?.points
    expect(clip(at(0, 0), at(6, 5), at(6.1, 5), at(6, 5.1), at(-0.1, 0), at(0, -0.1))).toEqual([
      at(0, 0),
      at(6, 5),
      at(0, 0, 0),
      at(0, 0, 0),
      at(0, 0, 0),
      at(0, 0, 0),
    ])
    expect(clip(at(7, 1), at(2, 2, 0))).toBeUndefined()
  })
})

test('runs of intervals that touch, overlap or lie within one another', () => {
  const runs = (...intervals: [number, number][]) => runsFromIntervals(2, 5, intervals).counts
  expect([runs([0, 5], [1, 3]), runs([0, 5], [1, 3], [3, 7])]).toEqual([
    [0, 5, 5],
    [0, 7, 3],
  ])
  expect(runs([2, 4], [4, 6], [6, 6], [8, 10])).toEqual([2, 4, 2, 2])
  expect([runs(), runs([3, 3], [5, 4])]).toEqual([[10], [10]])
})
