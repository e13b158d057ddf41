/** Pan and zoom: `scale` is CSS pixels per image pixel; (x, y) is the image's top-left corner in CSS pixels of the canvas. */
import type { Box } from '#shared/model/shape.ts'
import type { Point, Size } from './types.ts'

export interface View extends Point {
  scale: number
}

const [minScale, maxScale] = [1 / 64, 64]

export const toImage = (v: View, p: Point): Point => ({ x: (p.x - v.x) / v.scale, y: (p.y - v.y) / v.scale })
export const toScreen = (v: View, p: Point): Point => ({ x: p.x * v.scale + v.x, y: p.y * v.scale + v.y })
export const panBy = (v: View, dx: number, dy: number): View => ({ ...v, x: v.x + dx, y: v.y + dy })

/** Zooms while keeping the image point under `at` (CSS pixels) in place. */
export function zoomAbout(v: View, at: Point, factor: number): View {
  const scale = Math.min(maxScale, Math.max(minScale, v.scale * factor))
  const k = scale / v.scale
  return { scale, x: at.x - (at.x - v.x) * k, y: at.y - (at.y - v.y) * k }
}

/** Shows a box (image pixels) in full and centred, with a margin in CSS pixels. */
export function fitBox(box: Box, viewport: Size, margin = 16): View {
  const scale = Math.min(
    maxScale,
    Math.max(minScale, Math.min((viewport.width - 2 * margin) / Math.max(box.w, 1), (viewport.height - 2 * margin) / Math.max(box.h, 1))),
  )
  return { scale, x: viewport.width / 2 - (box.x + box.w / 2) * scale, y: viewport.height / 2 - (box.y + box.h / 2) * scale }
}

/** The visible part of the image plane, in image pixels. */
export function visibleBox(v: View, viewport: Size): Box {
  const { x, y } = toImage(v, { x: 0, y: 0 })
  return { x, y, w: viewport.width / v.scale, h: viewport.height / v.scale }
}
