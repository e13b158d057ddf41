import { describe, expect, test } from 'vitest'
import { rleToBitmap } from '#shared/geometry/rle.ts'
import { decide } from '../../../src-main/engine/segmentation/decide.ts'
import { viewsOf } from '../../../src-main/engine/segmentation/views.ts'

describe('windows', () => {
  const window = { width: 8, height: 8 }
  test('of a square picture there is one, of a long one some that overlap by half', () => {
    expect(viewsOf({ width: 300, height: 300 }, window)).toEqual({ canvas: window, windows: [{ x: 0, y: 0 }] })
    const long = viewsOf({ width: 30, height: 90 }, window)
    expect(long).toEqual({ canvas: { width: 8, height: 24 }, windows: [0, 4, 8, 12, 16].map((y) => ({ x: 0, y })) })
  })
  test('more detail makes a larger canvas', () => {
    const { canvas, windows } = viewsOf({ width: 10, height: 10 }, window, 1.5)
    expect(canvas).toEqual({ width: 12, height: 12 })
    expect(windows).toEqual([0, 4].flatMap((y) => [0, 4].map((x) => ({ x, y }))))
  })
  test('a picture that is far too long is squashed', () => {
    const { canvas, windows } = viewsOf({ width: 100_000, height: 1 }, window)
    expect([canvas, windows.length]).toEqual([{ width: 128, height: 8 }, 31])
  })
  test('cover the canvas', () => {
    for (let width = 8; width < 70; width++) {
      const { canvas, windows } = viewsOf({ width, height: 8 }, window)
      const xs = windows.map(({ x }) => x)
      expect([xs[0], xs.at(-1)! + 8]).toEqual([0, canvas.width])
      for (let i = 1; i < xs.length; i++) expect(xs[i]! - xs[i - 1]!).toBeLessThanOrEqual(4)
    }
  })
})

describe('from logits to masks', () => {
  const size = { width: 3, height: 1 }
  const plane = (...data: number[]) => ({ ...size, data: Float32Array.from(data) })
  const bits = (found: ReturnType<typeof decide>) => found.map(({ query, mask }) => [query, [...rleToBitmap(mask)]])

  test('queries that compete share the pixels, a background takes some and shows none', () => {
    const planes = [plane(4, 0, 1), plane(0, 4, 1), plane(1, 1, 5)]
    expect(bits(decide(planes, size, true, { threshold: 0, wanted: 2 }))).toEqual([
      [0, [1, 0, 0]],
      [1, [0, 1, 0]],
    ])
    const [first] = decide(planes, size, true, { threshold: 0, wanted: 2 })
    expect(first!.score).toBeCloseTo(1 / (1 + Math.exp(-4) + Math.exp(-3)), 6)
    expect(first!.box).toEqual({ x: 0, y: 0, w: 1, h: 1 })
    expect(decide(planes, size, true, { threshold: 0.999, wanted: 2 })).toEqual([])
  })
  test('queries that do not compete may overlap', () => {
    const found = decide([plane(4, 1, -1), plane(-3, 0.5, 2)], size, false, { threshold: 0.5 })
    expect(bits(found)).toEqual([
      [0, [1, 1, 0]],
      [1, [0, 1, 1]],
    ])
    expect(found[0]!.score).toBeCloseTo((1 / (1 + Math.exp(-4)) + 1 / (1 + Math.exp(-1))) / 2, 6)
  })
  test("a large image's masks", () => {
    const [low, large] = [
      { width: 2, height: 2 },
      { width: 1500, height: 1000 },
    ]
    const data = [Float32Array.of(9, 0, 0, 9), Float32Array.of(0, 9, 9, 0)]
    const found = decide(
      data.map((d) => ({ ...low, data: d })),
      large,
      true,
      { threshold: 0 },
    )
    expect(found.map(({ box }) => box)).toEqual([0, 1].map(() => ({ x: 0, y: 0, w: 1500, h: 1000 })))
  })
})
