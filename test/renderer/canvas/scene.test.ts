/** What the raster layer draws, call by call: thin lines and points have a rim that stands out from them, whatever lies beneath. */
import { describe, expect, it } from 'vitest'
import { palette } from '#shared/model/label.ts'
import type { Shape } from '#shared/model/shape.ts'
import { haloOf, paintVectors, sceneRegion } from '../../../src-renderer/canvas/fabric/scene.ts'
import { box, polygon, region } from './on-canvas.ts'

/** A context that remembers what is stroked and filled, and how. */
function pen() {
  const drawn: { what: 'stroke' | 'fill'; style: string; width: number; dash: number[] }[] = []
  const ctx = { lineWidth: 1, strokeStyle: '', fillStyle: '' }
  let dash: number[] = []
  const does = {
    stroke: () => drawn.push({ what: 'stroke', style: ctx.strokeStyle, width: ctx.lineWidth, dash }),
    fill: () => drawn.push({ what: 'fill', style: ctx.fillStyle, width: 0, dash: [] }),
    setLineDash: (to: number[]) => (dash = to),
  }
  const nothing = Object.fromEntries(['beginPath', 'closePath', 'moveTo', 'lineTo', 'rect', 'arc'].map((name) => [name, () => undefined]))
  return { drawn, ctx: Object.assign(ctx, nothing, does) as unknown as CanvasRenderingContext2D }
}
const window = { x: 0, y: 0, scale: 1, width: 200, height: 100 }
function strokes(shape: Shape, more: Parameters<typeof region>[1] = {}) {
  const { ctx, drawn } = pen()
  paintVectors(ctx, [sceneRegion(region(shape, more), '#1f77b4')], window, { fill: 0, lineWidth: 2, halo: true })
  return drawn.filter((d) => d.what === 'stroke')
}

/** Relative luminance; the halo lies over middle grey, as it does over the mean of a busy picture. */
function light(colour: string): number {
  const [r, g, b, a = 255] = [1, 3, 5, 7].flatMap((i) => (colour.length > i ? [parseInt(colour.slice(i, i + 2), 16)] : []))
  const [red, green, blue] = [r!, g!, b!].map((v) => {
    const c = (v * a + 128 * (255 - a)) / 255 / 255
    return c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4
  }) as [number, number, number]
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue
}

describe('a thin outline', () => {
  it.each<[string, Shape]>([
    ['a box', box(10, 10, 40, 40)],
    ['a polygon', polygon(10, 10, 60, 10, 60, 50)],
    ['a polyline', { kind: 'polyline', points: [10, 10, 60, 10, 60, 50] }],
    ['points', { kind: 'keypoints', points: [{ x: 30, y: 30, v: 2 }] }],
  ])('of %s has a rim on both sides, beneath it', (_, shape) => {
    const [rim, line] = strokes(shape)
    expect(line).toMatchObject({ style: '#1f77b4', width: 2 })
    expect(rim!.style).not.toBe(line!.style)
    expect(rim!.width - line!.width).toBeGreaterThanOrEqual(2) // a pixel a side
  })
  it('has a continuous halo if it is dashed, so that the gaps are visible too', () => {
    const [rim, line] = strokes(box(10, 10, 40, 40), { state: 'proposed' })
    expect([rim!.dash, line!.dash.length]).toEqual([[], 2])
  })
  it('stands out from its halo in every label colour', () => {
    for (const colour of [...palette, '#000000', '#ffffff', '#808080']) {
      const [a, b] = [light(colour), light(haloOf(colour))].sort((x, y) => y - x) as [number, number]
      expect((a + 0.05) / (b + 0.05), colour).toBeGreaterThan(2)
    }
  })
})
