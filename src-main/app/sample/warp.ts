/** Drawing a picture anywhere in a scene: turned, stretched and scaled. */
import type { Level } from './levels.ts'

/** Where a picture is drawn: from pixels of the scene to the picture, u and v from 0 to 1. */
export interface Place {
  /** The scene's pixels that it may cover: from x0, y0 to before x1, y1. */
  readonly x0: number
  readonly y0: number
  readonly x1: number
  readonly y1: number
  readonly u: readonly [number, number, number]
  readonly v: readonly [number, number, number]
  /** Side in the scene's pixels, of the shorter direction. */
  readonly side: number
}

export interface Pose {
  /** The picture's centre, and the lengths of its two sides. */
  readonly cx: number
  readonly cy: number
  readonly sx: number
  readonly sy: number
  /** Clockwise, in radians. */
  readonly angle: number
}

/** @param k pixels of the scene for a unit of the pose, along x and y; the scene is square, of `side` pixels */
export function placeOf({ cx, cy, sx, sy, angle }: Pose, side: number, [kx, ky]: readonly [number, number] = [1, 1]): Place {
  const [cos, sin] = [Math.cos(angle), Math.sin(angle)]
  const { w, h } = extent({ sx, sy, angle })
  const edge = (at: number) => Math.min(side, Math.max(0, at))
  return {
    x0: edge(Math.floor((cx - w / 2) * kx)),
    y0: edge(Math.floor((cy - h / 2) * ky)),
    x1: edge(Math.ceil((cx + w / 2) * kx)),
    y1: edge(Math.ceil((cy + h / 2) * ky)),
    u: [cos / (sx * kx), sin / (sx * ky), 0.5 - (cos * cx + sin * cy) / sx],
    v: [-sin / (sy * kx), cos / (sy * ky), 0.5 - (-sin * cx + cos * cy) / sy],
    side: Math.min(sx, sy) * Math.min(kx, ky),
  }
}

/** Width and height of the upright box around a turned picture. */
export function extent({ sx, sy, angle }: Pick<Pose, 'sx' | 'sy' | 'angle'>): { readonly w: number; readonly h: number } {
  const [cos, sin] = [Math.abs(Math.cos(angle)), Math.abs(Math.sin(angle))]
  return { w: cos * sx + sin * sy, h: sin * sx + cos * sy }
}

/** The picture in the rectangle of its place: premultiplied RGBA from 0 to 255, bilinear. */
export function warped(levels: readonly Level[], { x0, y0, x1, y1, u, v, side }: Place): Float32Array {
  const level = levels.find((l) => l.side <= 1.6 * side) ?? levels.at(-1)!
  const { side: n, data } = level
  const out = new Float32Array(Math.max(0, x1 - x0) * Math.max(0, y1 - y0) * 4)
  const [ux, uy, u0] = [u[0] * n, u[1] * n, u[2] * n - 0.5]
  const [vx, vy, v0] = [v[0] * n, v[1] * n, v[2] * n - 0.5]
  let o = 0
  for (let y = y0; y < y1; y++)
    for (let x = x0; x < x1; x++, o += 4) {
      const fx = ux * (x + 0.5) + uy * (y + 0.5) + u0
      const fy = vx * (x + 0.5) + vy * (y + 0.5) + v0
      // Pictures end in transparent pixels, or may be cut by half a one.
      if (fx < 0 || fy < 0 || fx >= n - 1 || fy >= n - 1) continue
      const ix = Math.floor(fx)
      const iy = Math.floor(fy)
      const dx = fx - ix
      const dy = fy - iy
      const at = (iy * n + ix) * 4
      const below = at + 4 * n
      const a = (1 - dx) * (1 - dy)
      const b = dx * (1 - dy)
      const c = (1 - dx) * dy
      const d = dx * dy
      for (let k = 0; k < 4; k++) out[o + k] = a * data[at + k]! + b * data[at + 4 + k]! + c * data[below + k]! + d * data[below + 4 + k]!
    }
  return out
}
