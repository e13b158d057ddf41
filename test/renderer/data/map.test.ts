import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { drawPoints, word } from '../../../src-renderer/views/data/map/draw.ts'
import { PointIndex, type Place } from '../../../src-renderer/views/data/map/points.ts'
import { fit, toPlane, toScreen, zoomed } from '../../../src-renderer/views/data/map/view.ts'

const unit = fc.double({ min: 0, max: 1, noNaN: true })
const cloud = fc.array(fc.tuple(unit, unit), { maxLength: 200 }).map((ps) => ({ x: ps.map((p) => p[0]), y: ps.map((p) => p[1]) }))

describe('points', () => {
  it('finds the same nearest point as a linear search', () => {
    fc.assert(
      fc.property(cloud, unit, unit, fc.double({ min: 0.001, max: 0.5, noNaN: true }), (points, x, y, radius) => {
        const distances = points.x.map((px, i) => (px - x) ** 2 + (points.y[i]! - y) ** 2)
        const least = Math.min(...distances)
        const found = new PointIndex(points).nearest({ x, y }, radius)
        if (least > radius * radius) expect(found).toBeNull()
        else expect(distances[found!]).toBe(least)
      }),
    )
  })

  it('finds the points in a box by its outline', () => {
    fc.assert(
      fc.property(cloud, unit, unit, unit, unit, (points, a, b, c, d) => {
        const [x0, x1, y0, y1] = [Math.min(a, b), Math.max(a, b), Math.min(c, d), Math.max(c, d)]
        const box: Place[] = [
          { x: x0, y: y0 },
          { x: x1, y: y0 },
          { x: x1, y: y1 },
          { x: x0, y: y1 },
        ]
        const found = new Set(new PointIndex(points).within(box))
        points.x.forEach((x, i) => {
          const y = points.y[i]!
          if (x > x0 && x < x1 && y > y0 && y < y1) expect(found).toContain(i)
          if (x < x0 || x > x1 || y < y0 || y > y1) expect(found).not.toContain(i)
        })
      }),
    )
  })

  it('excludes points in the notch of an outline, and those that do not pass', () => {
    const index = new PointIndex({ x: [0.2, 0.5, 0.8], y: [0.5, 0.2, 0.5] })
    const notched = [
      { x: 0, y: 0 },
      { x: 0.5, y: 0.4 },
      { x: 1, y: 0 },
      { x: 1, y: 1 },
      { x: 0, y: 1 },
    ]
    expect(index.within(notched)).toEqual([0, 2])
    expect(index.within(notched, (i) => i !== 0)).toEqual([2])
    expect(index.within(notched.slice(0, 2))).toEqual([])
  })
})

describe('view', () => {
  it('keeps the place under the pointer fixed while zooming', () => {
    const view = fit({ width: 500, height: 300 })
    const at = { x: 123, y: 77 }
    const closer = zoomed(view, at, 3, view.scale)
    expect(closer.scale).toBeCloseTo(3 * view.scale)
    expect(toScreen(closer, toPlane(view, at)).x).toBeCloseTo(at.x)
    expect(toScreen(closer, toPlane(view, at)).y).toBeCloseTo(at.y)
  })
  it('does not lose the map when zooming out, nor its points when zooming in', () => {
    const view = fit({ width: 500, height: 300 })
    expect(zoomed(view, { x: 0, y: 0 }, 1e-9, view.scale).scale).toBe(view.scale / 2)
    expect(zoomed(view, { x: 0, y: 0 }, 1e9, view.scale).scale).toBe(view.scale * 400)
  })
})

describe('drawing', () => {
  const image = (side: number) =>
    ({ width: side, height: side, data: new Uint8ClampedArray(4 * side * side), colorSpace: 'srgb' }) as unknown as ImageData
  const pixel = (of: ImageData, x: number, y: number) => [...of.data.slice(4 * (y * of.width + x), 4 * (y * of.width + x) + 4)]

  it('draws a disc of the point’s colour at each visible point', () => {
    const picture = image(21)
    drawPoints(picture, { x: [0.5], y: [0.5] }, { scale: 20, left: 0, top: 0 }, 1, {
      order: [0],
      colourOf: () => word('#3366cc'),
      radius: 3,
    })
    expect(pixel(picture, 10, 10)).toEqual([0x33, 0x66, 0xcc, 255])
    expect(pixel(picture, 12, 10)).toEqual([0x33, 0x66, 0xcc, 255])
    expect(pixel(picture, 10, 15)).toEqual([0, 0, 0, 0])
  })
  it('blends overlapping points, and draws nothing beyond the edge', () => {
    const picture = image(21)
    const half = word('#ff0000', 128)
    drawPoints(picture, { x: [0.5, 0.5, 1.4], y: [0.5, 0.5, 0.5] }, { scale: 20, left: 0, top: 0 }, 1, {
      order: [0, 1, 2],
      colourOf: (i) => (i ? half : word('#0000ff')),
      radius: 2,
    })
    const [r, g, b, a] = pixel(picture, 10, 10)
    expect([r! > 120 && r! < 135, g, b! > 120 && b! < 135, a]).toEqual([true, 0, true, 255])
    expect(pixel(picture, 20, 10)).toEqual([0, 0, 0, 0])
  })
})
