/** Shapes between two key frames: where they begin, where they end, and that nothing jumps on the way. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { shapeBox } from '#shared/geometry/box.ts'
import { between } from '#shared/geometry/interpolate.ts'
import { ringArea } from '#shared/geometry/polygon.ts'
import type { PolygonShape, Shape } from '#shared/model/shape.ts'

const box = (x: number, y: number, w = 10, h = 20): Shape => ({ kind: 'box', x, y, w, h })
const polygon = (...rings: number[][]): PolygonShape => ({ kind: 'polygon', parts: [rings] })
const star = (cx: number, cy: number, radii: readonly number[], turn = 0): number[] =>
  radii.flatMap((r, i) => {
    const a = turn + (2 * Math.PI * i) / radii.length
    return [cx + r * Math.cos(a), cy + r * Math.sin(a)]
  })
const area = (s: Shape) => Math.abs(ringArea((s as PolygonShape).parts[0]![0]!))

describe('boxes', () => {
  test('go straight; turned ones the shorter way round', () => {
    expect(between(box(0, 0), box(10, 40, 20, 40))(0.25)).toEqual({ kind: 'box', x: 2.5, y: 10, w: 12.5, h: 25 })
    const turned = (angle: number): Shape => ({ kind: 'rotated-box', cx: 5, cy: 5, w: 4, h: 2, angle })
    expect(between(turned(350), turned(20))(0.5)).toMatchObject({ angle: 365 })
    expect(between(turned(10), turned(-20))(0.5)).toMatchObject({ angle: -5 })
    expect(between(box(0, 0), turned(90))(1)).toEqual(turned(90))
  })

  test('never leave the box around both, and are the same from either end', () => {
    const some = fc.record({
      x: fc.integer({ min: 0, max: 500 }),
      y: fc.integer({ min: 0, max: 500 }),
      w: fc.integer({ min: 1, max: 90 }),
      h: fc.integer({ min: 1, max: 90 }),
    })
    fc.assert(
      fc.property(some, some, fc.double({ min: 0, max: 1, noNaN: true }), (p, q, t) => {
        const [a, b] = [box(p.x, p.y, p.w, p.h), box(q.x, q.y, q.w, q.h)]
        const [there, back] = [shapeBox(between(a, b)(t)), shapeBox(between(b, a)(1 - t))]
        for (const k of ['x', 'y', 'w', 'h'] as const) expect(there[k]).toBeCloseTo(back[k], 6)
        expect(there.x).toBeGreaterThanOrEqual(Math.min(p.x, q.x) - 1e-9)
        expect(there.x + there.w).toBeLessThanOrEqual(Math.max(p.x + p.w, q.x + q.w) + 1e-9)
      }),
    )
  })
})

describe('polygons', () => {
  test('of as many vertices go vertex by vertex', () => {
    expect(between(polygon([0, 0, 10, 0, 10, 10]), polygon([20, 0, 30, 0, 40, 10]))(0.5)).toEqual(polygon([10, 0, 20, 0, 25, 10]))
  })

  test('redrawn from another corner or in the other direction, stay still if the outline does', () => {
    const square = [0, 0, 10, 0, 10, 10, 0, 10]
    for (const again of [
      [10, 0, 10, 10, 0, 10, 0, 0],
      [0, 10, 10, 10, 10, 0, 0, 0],
    ])
      expect(area(between(polygon(square), polygon(again))(0.5))).toBeCloseTo(100, 6)
  })

  test('a moved outline is moved, even if the vertex counts differ', () => {
    const radii = fc.array(fc.integer({ min: 20, max: 40 }), { minLength: 3, maxLength: 12 })
    const t = fc.double({ min: 0, max: 1, noNaN: true })
    fc.assert(
      fc.property(radii, fc.integer({ min: -200, max: 200 }), fc.integer({ min: 0, max: 11 }), t, (r, dx, from, t) => {
        const ring = star(100, 100, r)
        // The same outline with a vertex more, on an edge, begun elsewhere.
        const more = [...ring, (ring[0]! + ring.at(-2)!) / 2, (ring[1]! + ring.at(-1)!) / 2].map((v, i) => v + (i % 2 ? 0 : dx))
        const k = 2 * (from % (more.length / 2))
        const at = between(polygon(ring), polygon([...more.slice(k), ...more.slice(0, k)]))(t)
        const [now, was] = [shapeBox(at), shapeBox(polygon(ring))]
        expect(area(at)).toBeCloseTo(Math.abs(ringArea(ring)), 3)
        expect(now.x).toBeCloseTo(was.x + t * dx, 3)
        expect(now.w).toBeCloseTo(was.w, 3)
      }),
    )
  })

  test('begin and end as they are, and do not jump', () => {
    const radii = fc.array(fc.integer({ min: 20, max: 40 }), { minLength: 3, maxLength: 9 })
    fc.assert(
      fc.property(radii, radii, (p, q) => {
        const [a, b] = [polygon(star(100, 100, p)), polygon(star(160, 120, q, 1))]
        const way = between(a, b)
        expect(area(way(0))).toBeCloseTo(area(a), 4)
        expect(area(way(1))).toBeCloseTo(area(b), 4)
        const rings = [0.5, 0.501].map((t) => (way(t) as PolygonShape).parts[0]![0]!)
        rings[0]!.forEach((v, i) => expect(Math.abs(v - rings[1]![i]!)).toBeLessThan(0.5))
      }),
    )
  })

  test('with other parts or holes, and other kinds, stay until the next key frame', () => {
    const whole = polygon([0, 0, 10, 0, 10, 10])
    const hole = polygon([0, 0, 30, 0, 30, 30], [5, 2, 9, 2, 9, 5])
    for (const other of [hole, box(0, 0), { kind: 'mask', rle: { size: [1, 1], counts: '01' } } as Shape])
      expect(between(whole, other)(0.7)).toBe(whole)
    expect(
      between(hole, {
        ...hole,
        parts: [
          [
            [10, 0, 40, 0, 40, 30],
            [15, 2, 19, 2, 19, 5],
          ],
        ],
      })(0.5),
    ).toEqual(polygon([5, 0, 35, 0, 35, 30], [10, 2, 14, 2, 14, 5]))
  })

  test('a ring of a hundred thousand vertices takes no time', () => {
    const many = star(
      500,
      500,
      Array.from({ length: 100_000 }, (_, i) => 300 + (i % 7)),
    )
    expect(area(between(polygon(many), polygon(star(600, 500, [300, 310, 320])))(0))).toBeGreaterThan(1000)
  })
})

test('lines turn to face the other; points find each other by name, and one that is not seen stays', () => {
  const line = (points: number[]): Shape => ({ kind: 'polyline', points })
  expect(between(line([0, 0, 10, 0]), line([10, 10, 0, 10]))(0.5)).toEqual(line([0, 5, 10, 5]))
  const a: Shape = {
    kind: 'keypoints',
    points: [
      { name: 'nose', x: 0, y: 0, v: 2 },
      { name: 'tail', x: 9, y: 9, v: 0 },
    ],
  }
  const b: Shape = {
    kind: 'keypoints',
    points: [
      { name: 'tail', x: 50, y: 50, v: 2 },
      { name: 'nose', x: 10, y: 20, v: 2 },
    ],
  }
  expect(between(a, b)(0.5)).toEqual({
    kind: 'keypoints',
    points: [
      { name: 'nose', x: 5, y: 10, v: 2 },
      { name: 'tail', x: 9, y: 9, v: 0 },
    ],
  })
})

test('an outline drawn anew from another corner keeps its form, however far it has moved', () => {
  const square = (x: number, y: number, from: number) => {
    const ring = [0, 0, 10, 0, 10, 10, 0, 10].map((v, i) => v + (i % 2 ? y : x))
    return { kind: 'polygon' as const, parts: [[[...ring.slice(2 * from), ...ring.slice(0, 2 * from)]]] }
  }
  for (const [x, y] of [
    [100, 0],
    [0, 100],
    [-70, 30],
  ] as const)
    for (const from of [1, 2, 3]) {
      const half = between(square(0, 0, 0), square(x, y, from))(0.5)
      expect(half).toEqual(square(x / 2, y / 2, 0))
    }
})
