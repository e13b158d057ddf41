/** Transforms geometry drawn on the stored pixels to the upright image, by the EXIF orientation. */
import type { Shape } from '#shared/model/shape.ts'
import { rleFromBitmap, rleToBitmap } from '#shared/geometry/rle.ts'
import type { Size } from './draft.ts'

/** Where a point of the stored image, w × h pixels, is in the upright one, by EXIF orientation. */
const turns: readonly ((x: number, y: number, w: number, h: number) => [x: number, y: number])[] = [
  (x, y) => [x, y], // 0 is not defined
  (x, y) => [x, y],
  (x, y, w) => [w - x, y],
  (x, y, w, h) => [w - x, h - y],
  (x, y, _, h) => [x, h - y],
  (x, y) => [y, x],
  (x, y, _, h) => [h - y, x],
  (x, y, w, h) => [h - y, w - x],
  (x, y, w) => [y, w - x],
]

/** Clockwise rotation of a direction in degrees, and whether it is mirrored first, by EXIF orientation. */
const angles = [
  [0, false],
  [0, false],
  [0, true],
  [180, false],
  [180, true],
  [90, true],
  [90, false],
  [270, true],
  [270, false],
] as const

export function uprightShape(shape: Shape, orientation: number, stored: Size): Shape {
  const turn = turns[orientation]!
  const to = (x: number, y: number) => turn(x, y, stored.width, stored.height)
  const flat = (points: readonly number[]) => points.flatMap((_, i) => (i % 2 ? [] : to(points[i]!, points[i + 1]!)))
  switch (shape.kind) {
    case 'box': {
      const [ax, ay] = to(shape.x, shape.y)
      const [bx, by] = to(shape.x + shape.w, shape.y + shape.h)
      return { kind: 'box', x: Math.min(ax, bx), y: Math.min(ay, by), w: Math.abs(ax - bx), h: Math.abs(ay - by) }
    }
    case 'rotated-box': {
      const [cx, cy] = to(shape.cx, shape.cy)
      const [degrees, mirrored] = angles[orientation]!
      return { ...shape, cx, cy, angle: (mirrored ? -shape.angle : shape.angle) + degrees }
    }
    case 'polygon':
      return { kind: 'polygon', parts: shape.parts.map((part) => part.map(flat)) }
    case 'polyline':
      return { kind: 'polyline', points: flat(shape.points) }
    case 'keypoints':
      return { ...shape, points: shape.points.map((p) => ({ ...p, ...(p.v === 0 ? {} : pair(to(p.x, p.y))) })) }
    case 'mask': {
      const { width, height } = stored
      const swaps = orientation >= 5
      const [W, H] = swaps ? [height, width] : [width, height]
      const bits = rleToBitmap(shape.rle)
      const out = new Uint8Array(bits.length)
      for (let y = 0; y < height; y++)
        for (let x = 0; x < width; x++)
          if (bits[y * width + x]) {
            const [u, v] = to(x + 0.5, y + 0.5)
            out[Math.floor(v) * W + Math.floor(u)] = 1
          }
      return { kind: 'mask', rle: rleFromBitmap(out, H, W) }
    }
  }
}

const pair = ([x, y]: [number, number]) => ({ x, y })
