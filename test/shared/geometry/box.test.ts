/** Boxes at their edges. */
import { describe, expect, test } from 'vitest'
import {
  boundsOf,
  boxArea,
  boxContains,
  boxIntersection,
  boxIou,
  boxOfCorners,
  boxRing,
  boxUnion,
  clipBox,
  rotatedBoxContains,
  rotatedBoxRing,
  shapeBox,
} from '#shared/geometry/box.ts'
import { rleFromBitmap } from '#shared/geometry/rle.ts'

const box = (x: number, y: number, w: number, h: number) => ({ x, y, w, h })

test('bounds of points', () => {
  expect(boundsOf([3, 4, -1, 7, 2, 5])).toEqual(box(-1, 4, 4, 3))
  expect(boundsOf([3, 4])).toEqual(box(3, 4, 0, 0))
  expect(boundsOf([])).toEqual(box(0, 0, 0, 0))
})

describe('two boxes', () => {
  const a = box(0, 0, 4, 6)
  test('have their common part', () => {
    expect(boxIntersection(a, box(1, 2, 10, 1))).toEqual(box(1, 2, 3, 1))
    expect(boxIntersection(box(1, 2, 10, 1), a)).toEqual(box(1, 2, 3, 1))
    expect(boxIntersection(a, a)).toEqual(a)
  })
  test('that only touch have none in common', () => {
    expect(
      [box(4, 0, 2, 2), box(0, 6, 2, 2), box(-2, 0, 2, 2), box(0, -2, 2, 2), box(9, 9, 1, 1)].map((b) => boxIntersection(a, b)),
    ).toEqual(Array(5).fill(null))
  })
  test('lie within their union', () => {
    expect(boxUnion(a, box(3, -2, 5, 3))).toEqual(box(0, -2, 8, 8))
    expect(boxUnion(box(3, -2, 5, 3), a)).toEqual(box(0, -2, 8, 8))
    expect(boxUnion(a, box(1, 1, 1, 1))).toEqual(a)
  })
  test('overlap by a share', () => {
    expect(boxIou(a, a)).toBe(1)
    expect(boxIou(a, box(2, 0, 4, 6))).toBeCloseTo(12 / 36, 12)
    expect(boxIou(a, box(1, 1, 2, 3))).toBeCloseTo(6 / 24, 12)
    expect(boxIou(a, box(4, 0, 4, 6))).toBe(0)
    expect(boxIou(box(1, 1, 0, 0), box(1, 1, 0, 0))).toBe(0)
    expect(boxArea(a)).toBe(24)
  })
})

test('a box of two corners, whichever they are', () => {
  const [p, q] = [
    { x: 5, y: 1 },
    { x: 2, y: 9 },
  ]
  expect([boxOfCorners(p, q), boxOfCorners(q, p)]).toEqual([box(2, 1, 3, 8), box(2, 1, 3, 8)])
})

test('the part inside an image', () => {
  expect(clipBox(box(-2, -3, 5, 5), 10, 8)).toEqual(box(0, 0, 3, 2))
  expect(clipBox(box(8, 6, 5, 5), 10, 8)).toEqual(box(8, 6, 2, 2))
  expect(clipBox(box(10, 0, 5, 5), 10, 8)).toBeNull()
})

test('a box contains its border', () => {
  const b = box(1, 2, 3, 4)
  const inside: [number, number][] = [
    [1, 2],
    [4, 6],
    [1, 6],
    [2, 3],
  ]
  const outside: [number, number][] = [
    [0.9, 3],
    [4.1, 3],
    [2, 1.9],
    [2, 6.1],
  ]
  expect(inside.map(([x, y]) => boxContains(b, x, y))).toEqual([true, true, true, true])
  expect(outside.map(([x, y]) => boxContains(b, x, y))).toEqual([false, false, false, false])
})

test('corners go clockwise from the top left', () => {
  expect(boxRing(box(1, 2, 3, 4))).toEqual([1, 2, 4, 2, 4, 6, 1, 6])
})

describe('a turned box', () => {
  const turned = { cx: 10, cy: 20, w: 8, h: 4, angle: 90 }
  const rounded = (ring: number[]) => ring.map((v) => Math.round(v * 1e9) / 1e9)
  test('has its corners turned clockwise about the centre', () => {
    expect(rounded(rotatedBoxRing({ ...turned, angle: 0 }))).toEqual([6, 18, 14, 18, 14, 22, 6, 22])
    expect(rounded(rotatedBoxRing(turned))).toEqual([12, 16, 12, 24, 8, 24, 8, 16])
    const [x, y] = rotatedBoxRing({ ...turned, angle: 30 })
    const [c, s] = [Math.cos(Math.PI / 6), Math.sin(Math.PI / 6)]
    expect([x, y]).toEqual([10 + -4 * c - -2 * s, 20 + -4 * s + -2 * c])
  })
  test('contains what is inside it, including the border', () => {
    const contains = (x: number, y: number, angle = 0) => rotatedBoxContains({ ...turned, angle }, x, y)
    expect([contains(14, 22), contains(6, 18), contains(14.1, 20), contains(10, 22.1)]).toEqual([true, true, false, false])
    expect([contains(10, 23.9, 90), contains(11.9, 20, 90), contains(13, 20, 90), contains(10, 24.1, 90)]).toEqual([
      true,
      true,
      false,
      false,
    ])
    // At 45° its long side points down and to the right.
    expect([contains(12.5, 22.5, 45), contains(12.5, 17.5, 45), contains(7.5, 17.5, 45)]).toEqual([true, false, true])
  })
})

describe('the box around a shape', () => {
  test('of each kind', () => {
    expect(shapeBox({ kind: 'box', x: 1, y: 2, w: 3, h: 4 })).toEqual(box(1, 2, 3, 4))
    const b = shapeBox({ kind: 'rotated-box', cx: 10, cy: 20, w: 8, h: 4, angle: 90 })
    expect([b.x, b.y, b.w, b.h].map((v) => Math.round(v * 1e9) / 1e9)).toEqual([8, 16, 4, 8])
    expect(
      shapeBox({
        kind: 'polygon',
        parts: [
          [
            [0, 0, 4, 0, 4, 4],
            [1, 1, 2, 1, 2, 2],
          ],
          [[10, -2, 12, 0, 10, 1]],
        ],
      }),
    ).toEqual(box(0, -2, 12, 6))
    expect(shapeBox({ kind: 'polyline', points: [5, 5, 1, 9] })).toEqual(box(1, 5, 4, 4))
    const bits = new Uint8Array(12)
    bits[1 * 4 + 2] = bits[2 * 4 + 3] = 1
    expect(shapeBox({ kind: 'mask', rle: rleFromBitmap(bits, 3, 4) })).toEqual(box(2, 1, 2, 2))
  })
  test('of points is that of the labelled ones, or of all if none is labelled', () => {
    const at = (x: number, y: number, v: 0 | 1 | 2) => ({ x, y, v })
    expect(shapeBox({ kind: 'keypoints', points: [at(0, 0, 0), at(5, 6, 1), at(8, 7, 2)] })).toEqual(box(5, 6, 3, 1))
    expect(shapeBox({ kind: 'keypoints', points: [at(1, 1, 0), at(2, 3, 0)] })).toEqual(box(1, 1, 1, 2))
  })
})
