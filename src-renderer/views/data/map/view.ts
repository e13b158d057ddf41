/** The visible part of the plane: `scale` is CSS pixels per unit, (`left`, `top`) the position of the plane's origin. */
import type { Place } from './points.ts'

export interface MapView {
  readonly scale: number
  readonly left: number
  readonly top: number
}
export interface Size {
  readonly width: number
  readonly height: number
}
const margin = 24

/** Fits all points, centred. */
export function fit({ width, height }: Size, bounds = { x: 1, y: 1 }): MapView {
  const scale = Math.max(1, Math.min((width - 2 * margin) / Math.max(bounds.x, 1e-6), (height - 2 * margin) / Math.max(bounds.y, 1e-6)))
  return { scale, left: (width - scale * bounds.x) / 2, top: (height - scale * bounds.y) / 2 }
}
/** Zooms while keeping the place under `at` (CSS pixels) fixed; limited to half to 400 times the fitted scale. */
export function zoomed(view: MapView, at: Place, factor: number, fitted: number): MapView {
  const scale = Math.min(fitted * 400, Math.max(fitted / 2, view.scale * factor))
  const by = scale / view.scale
  return { scale, left: at.x - (at.x - view.left) * by, top: at.y - (at.y - view.top) * by }
}
export const moved = (view: MapView, dx: number, dy: number): MapView => ({ ...view, left: view.left + dx, top: view.top + dy })
export const toPlane = (view: MapView, { x, y }: Place): Place => ({ x: (x - view.left) / view.scale, y: (y - view.top) / view.scale })
export const toScreen = (view: MapView, { x, y }: Place): Place => ({ x: view.left + x * view.scale, y: view.top + y * view.scale })
