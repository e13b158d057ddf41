/** Regions as the raster layer draws them. This code runs in the worker and in the page. */
import { rotatedBoxRing } from '#shared/geometry/box.ts'
import type { Region } from '#shared/model/region.ts'
import type { Shape } from '#shared/model/shape.ts'
import { inkOn } from '../../format.ts'
import type { Ghost } from '../types.ts'
import { MaskCanvas, type PaintWindow } from '../masks/paint.ts'
import { flatOf } from '../masks/flat-mask.ts'

export interface SceneRegion {
  id: number
  z: number
  shape: Shape
  colour: string
  /** A proposal, drawn dashed. */
  proposed: boolean
  /** Interpolated between key frames, drawn dotted. */
  between: boolean
  /** How strongly it is filled: 1, or less for a ghost. */
  faint: number
}

/** Ghosts are lighter than what is saved, and hollow where a region lies already. */
export const faintness = (ghost: Ghost | undefined): number => (!ghost ? 1 : ghost.covered ? 0 : 0.5)

export const sceneRegion = (r: Region, colour: string, ghost?: Ghost): SceneRegion => ({
  id: r.id,
  z: r.z,
  shape: r.shape,
  colour,
  proposed: r.state === 'proposed',
  between: r.track?.frame === 'between',
  faint: faintness(ghost),
})

export interface Style {
  /** 0 to 1. */
  fill: number
  /** In canvas pixels. */
  lineWidth: number
  /** Adds a rim on both sides of lines so that they stand out from busy images; omitted where very many lines are close together. */
  halo?: boolean
}

type Context = CanvasRenderingContext2D | OffscreenCanvasRenderingContext2D

/** Vertices closer than this many canvas pixels to the previous one are not drawn. */
const detail = 0.7

function traceLine(ctx: Context, points: readonly number[], w: PaintWindow, closed: boolean): void {
  const { x: wx, y: wy, scale } = w
  let [px, py] = [(points[0]! - wx) * scale, (points[1]! - wy) * scale]
  ctx.moveTo(px, py)
  const n = points.length
  for (let i = 2; i < n; i += 2) {
    const x = (points[i]! - wx) * scale
    const y = (points[i + 1]! - wy) * scale
    if (Math.abs(x - px) < detail && Math.abs(y - py) < detail && i < n - 2) continue
    ctx.lineTo(x, y)
    px = x
    py = y
  }
  if (closed) ctx.closePath()
}

/** Adds the outline to the current path. Returns true if it encloses an area. Masks have no outline. */
export function trace(ctx: Context, shape: Shape, w: PaintWindow, pointRadius = 4): boolean {
  switch (shape.kind) {
    case 'box':
      ctx.rect((shape.x - w.x) * w.scale, (shape.y - w.y) * w.scale, shape.w * w.scale, shape.h * w.scale)
      return true
    case 'rotated-box':
      traceLine(ctx, rotatedBoxRing(shape), w, true)
      return true
    case 'polygon':
      for (const part of shape.parts) for (const ring of part) traceLine(ctx, ring, w, true)
      return true
    case 'polyline':
      traceLine(ctx, shape.points, w, false)
      return false
    case 'keypoints': {
      const at = (i: number) => shape.points[i] && shape.points[i].v > 0 && [shape.points[i].x, shape.points[i].y]
      for (const [a, b] of shape.edges ?? []) {
        const [from, to] = [at(a), at(b)]
        if (from && to) traceLine(ctx, [...from, ...to], w, false)
      }
      for (const p of shape.points)
        if (p.v > 0) {
          const [x, y] = [(p.x - w.x) * w.scale, (p.y - w.y) * w.scale]
          ctx.moveTo(x + pointRadius, y)
          ctx.arc(x, y, pointRadius, 0, 2 * Math.PI)
        }
      return false
    }
    case 'mask':
      return false
  }
}

/** Labelled but occluded points are drawn as rings. */
export function paintHidden(ctx: Context, shape: Shape, w: PaintWindow, pointRadius: number): void {
  if (shape.kind !== 'keypoints' || !shape.points.some((p) => p.v === 1)) return
  ctx.beginPath()
  for (const p of shape.points)
    if (p.v === 1) {
      const [x, y] = [(p.x - w.x) * w.scale, (p.y - w.y) * w.scale]
      ctx.moveTo(x + 0.62 * pointRadius, y)
      ctx.arc(x, y, 0.62 * pointRadius, 0, 2 * Math.PI)
    }
  ctx.fillStyle = '#fff'
  ctx.fill()
}

/** Draws vector shapes in the given order. */
export function paintVectors(ctx: Context, regions: readonly SceneRegion[], w: PaintWindow, style: Style): void {
  ctx.lineJoin = 'round'
  ctx.lineWidth = style.lineWidth
  for (const r of regions) {
    if (r.shape.kind === 'mask') continue
    ctx.beginPath()
    const area = trace(ctx, r.shape, w, 3 * style.lineWidth)
    if (area && style.fill * r.faint > 0) {
      ctx.fillStyle = withAlpha(r.colour, style.fill * r.faint)
      ctx.fill('evenodd')
    }
    if (style.halo && r.faint > 0) {
      // A ghost's is light, so that it does not look as solid as what is saved.
      ctx.strokeStyle = r.faint < 1 ? '#ffffff99' : haloOf(r.colour)
      ctx.lineWidth = 2.4 * style.lineWidth
      ctx.stroke()
      ctx.lineWidth = style.lineWidth
    }
    if (r.shape.kind === 'keypoints') {
      ctx.fillStyle = r.colour
      ctx.fill()
    }
    ctx.strokeStyle = r.faint > 0 ? r.colour : withAlpha(r.colour, 0.6)
    const dash = dashOf(r, style.lineWidth)
    ctx.setLineDash(dash)
    ctx.stroke()
    if (dash.length) ctx.setLineDash([])
    paintHidden(ctx, r.shape, w, 3 * style.lineWidth)
  }
}

/** Proposals are dashed, interpolated regions dotted. */
export const dashOf = ({ proposed, between }: Pick<SceneRegion, 'proposed' | 'between'>, lineWidth: number): number[] =>
  proposed ? [4 * lineWidth, 3 * lineWidth] : between ? [1.4 * lineWidth, 2 * lineWidth] : []

/** All masks in the given order as one image; null if there are none. */
export function paintMasks(regions: readonly SceneRegion[], w: PaintWindow, style: Style): ImageData | null {
  if (!regions.some((r) => r.shape.kind === 'mask') || w.width === 0 || w.height === 0) return null
  const canvas = new MaskCanvas(w)
  for (const { shape, colour, faint } of regions)
    if (shape.kind === 'mask') canvas.paint(flatOf(shape), colour, maskFill(style) * faint, faint > 0 ? 0.9 : 0.5)
  return new ImageData(canvas.toRgba(), w.width, w.height)
}
/** Masks get a stronger fill, since they are hard to see without it. */
export const maskFill = (style: Style) => Math.min(1, style.fill * 1.4 + 0.1)

/** A contrasting halo: dark around light colours, light around dark ones. */
export const haloOf = (colour: string): string => withAlpha(inkOn(colour), 0.55)

export const withAlpha = (colour: string, alpha: number) =>
  colour +
  Math.round(alpha * 255)
    .toString(16)
    .padStart(2, '0')
