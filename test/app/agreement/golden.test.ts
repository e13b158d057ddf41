/** Kappa as scikit-learn has it, IoU as pycocotools, the best assignment as SciPy; made by test/parity/agreement/make.py. */
import fc from 'fast-check'
import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import type { Shape } from '#shared/model/shape.ts'
import { bestPairs } from '../../../src-main/app/agreement/assignment.ts'
import { cohenKappa, yesNoKappa } from '../../../src-main/app/agreement/kappa.ts'
import { matchRegions, shapeIou } from '../../../src-main/app/agreement/match.ts'

interface Golden {
  kappas: { matrix: number[][]; kappa: number | null }[]
  ious: {
    size: [number, number]
    a: [number, number, number, number][]
    b: [number, number, number, number][]
    polygons: number[][]
    masks: string[]
    boxes: number[][]
    polygonIou: number[][]
    mixed: number[][]
  }
  assignments: { weights: number[][]; best: number }[]
}
const golden = JSON.parse(readFileSync(new URL('../../parity/agreement/golden.json', import.meta.url), 'utf8')) as Golden

test('Cohen’s kappa is that of scikit-learn, and undefined where it says NaN', () => {
  for (const { matrix, kappa } of golden.kappas) {
    const ours = cohenKappa(matrix).kappa
    if (kappa === null) expect(ours).toBeNull()
    else expect(ours).toBeCloseTo(kappa, 12)
  }
})

test('by hand: agreement below chance', () => {
  // p_o = 58/200; p_e = .5 × .4 + .3 × .3 + .2 × .3; κ = −.06/.65
  const { observed, expected, kappa } = cohenKappa([
    [50, 26, 24],
    [24, 4, 32],
    [6, 30, 4],
  ])
  expect([observed, expected]).toEqual([expect.closeTo(0.29, 10), expect.closeTo(0.35, 10)])
  expect(kappa).toBeCloseTo(-0.06 / 0.65, 10)
})

describe('IoU is that of pycocotools', () => {
  const { size, a, b, polygons, masks, boxes, polygonIou, mixed } = golden.ious
  const [height, width] = size
  const boxOf = ([x, y, w, h]: [number, number, number, number]): Shape => ({ kind: 'box', x, y, w, h })
  const polygonOf = (ring: number[]): Shape => ({ kind: 'polygon', parts: [[ring]] })
  const maskOf = (counts: string): Shape => ({ kind: 'mask', rle: { size, counts } })
  const iou = (x: Shape, y: Shape) => shapeIou(x, y, { width, height })
  const same = (ours: number[][], theirs: number[][]) =>
    ours.forEach((row, i) => row.forEach((v, j) => expect(v).toBeCloseTo(theirs[i]![j]!, 9)))

  test('of boxes', () =>
    same(
      a.map((x) => b.map((y) => iou(boxOf(x), boxOf(y)))),
      boxes,
    ))
  test('of polygons', () => {
    const [some, others] = [polygons.slice(0, 5), polygons.slice(5)]
    same(
      some.map((x) => others.map((y) => iou(polygonOf(x), polygonOf(y)))),
      polygonIou,
    )
  })
  test('of masks, and of a mask with a polygon', () => {
    same(
      masks.slice(0, 5).map((x) => masks.slice(5).map((y) => iou(maskOf(x), maskOf(y)))),
      polygonIou,
    )
    same(
      masks.slice(0, 5).map((x) => polygons.slice(5).map((y) => iou(maskOf(x), polygonOf(y)))),
      polygonIou,
    )
  })
  test('of a box with a polygon', () =>
    same(
      a.map((x) => polygons.slice(0, 5).map((y) => iou(boxOf(x), polygonOf(y)))),
      mixed,
    ))
})

test('the assignment has the greatest sum there is, as SciPy finds it', () => {
  for (const { weights, best } of golden.assignments) {
    const pairs = weights.flatMap((row, a) => row.flatMap((weight, b) => (weight > 0 ? [{ a, b, weight }] : [])))
    const found = bestPairs(pairs)
    expect(new Set(found.map((p) => p.a)).size).toBe(found.length)
    expect(new Set(found.map((p) => p.b)).size).toBe(found.length)
    expect(found.reduce((sum, p) => sum + p.weight, 0)).toBeCloseTo(best, 9)
  }
})

const matrix = fc
  .integer({ min: 1, max: 6 })
  .chain((n) => fc.array(fc.array(fc.nat(30), { minLength: n, maxLength: n }), { minLength: n, maxLength: n }))
const turned = (m: number[][]) => m.map((_, i) => m.map((row) => row[i]!))

test('kappa is between −1 and 1, symmetric, and 1 only if everything agrees', () => {
  fc.assert(
    fc.property(matrix, (m) => {
      const { kappa, n } = cohenKappa(m)
      expect(cohenKappa(turned(m)).kappa).toBe(kappa)
      if (kappa === null) return
      expect(kappa).toBeGreaterThanOrEqual(-1)
      expect(kappa).toBeLessThanOrEqual(1)
      expect(kappa === 1).toBe(m.every((row, i) => row.every((c, j) => c === 0 || i === j)) && n > 0)
    }),
  )
})

test('yes or no is the same question as no or yes', () => {
  fc.assert(
    fc.property(fc.nat(50), fc.nat(50), fc.nat(50), fc.nat(50), (both, a, b, neither) => {
      expect(yesNoKappa(both, a, b, neither).kappa).toBe(yesNoKappa(neither, b, a, both).kappa)
    }),
  )
})

test('matching is the same whoever is first, and every region is somewhere once', () => {
  const region = fc.record({
    labelId: fc.constantFrom(1, 2, null),
    shape: fc
      .record({ x: fc.nat(40), y: fc.nat(40), w: fc.integer({ min: 1, max: 40 }), h: fc.integer({ min: 1, max: 40 }) })
      .map((box): Shape => ({ kind: 'box', ...box })),
  })
  const list = fc.array(region, { maxLength: 7 }).map((all) => all.map((r, i) => ({ ...r, id: i + 1 })))
  const size = { width: 80, height: 80 }
  fc.assert(
    fc.property(list, list, fc.constantFrom(0.3, 0.5, 0.75), (a, b, threshold) => {
      const [there, back] = [matchRegions(a, b, size, threshold), matchRegions(b, a, size, threshold)]
      const sum = (pairs: readonly { iou: number }[]) => pairs.reduce((s, p) => s + p.iou, 0)
      expect(sum(there.matched)).toBeCloseTo(sum(back.matched), 9)
      const pairs = [...there.matched, ...there.labelDiffers, ...there.lowIou]
      expect([...pairs.map((p) => p.a.id), ...there.onlyA.map((r) => r.id)].sort()).toEqual(a.map((r) => r.id).sort())
      expect([...pairs.map((p) => p.b.id), ...there.onlyB.map((r) => r.id)].sort()).toEqual(b.map((r) => r.id).sort())
      for (const p of there.matched) expect([p.a.labelId === p.b.labelId, p.iou >= threshold]).toEqual([true, true])
      for (const p of there.labelDiffers) expect([p.a.labelId === p.b.labelId, p.iou >= threshold]).toEqual([false, true])
      for (const p of there.lowIou) expect([p.a.labelId === p.b.labelId, p.iou < threshold]).toEqual([true, true])
    }),
  )
})

test('whoever is held against themselves agrees in all', () => {
  const regions = [
    { id: 1, labelId: 1, shape: { kind: 'box', x: 0, y: 0, w: 10, h: 10 } as Shape },
    { id: 2, labelId: 1, shape: { kind: 'box', x: 1, y: 0, w: 10, h: 10 } as Shape },
  ]
  const { matched } = matchRegions(regions, regions, { width: 20, height: 20 }, 0.5)
  expect(matched.map((p) => [p.a.id, p.b.id, p.iou])).toEqual([
    [1, 1, 1],
    [2, 2, 1],
  ])
})
