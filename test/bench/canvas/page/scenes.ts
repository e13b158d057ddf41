/** Synthetic documents, the same in every run. */
import type { Region } from '#shared/model/region.ts'
import type { Shape } from '#shared/model/shape.ts'
import { ColumnMask } from '../../../../src-renderer/canvas/masks/column-mask.ts'

export const size = { width: 2400, height: 1700 } // 4.08 megapixels

/** Mulberry32. */
export function random(seed: number): () => number {
  return () => {
    seed = (seed + 0x6d2b79f5) | 0
    let t = Math.imul(seed ^ (seed >>> 15), 1 | seed)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32
  }
}

export const regionOf = (shape: Shape, id: number): Region => ({
  id,
  mediaId: 1,
  labelId: 1 + (id % 20),
  shape,
  attributes: {},
  author: { kind: 'person', name: 'bench' },
  state: 'accepted',
  z: id,
  hidden: false,
  locked: false,
})

function blob(cx: number, cy: number, radius: number, vertices: number, next: () => number): number[] {
  const [a, b, phase] = [2 + Math.floor(next() * 4), 5 + Math.floor(next() * 6), next() * 6]
  return Array.from({ length: vertices }, (_, i) => {
    const t = (2 * Math.PI * i) / vertices
    const r = radius * (1 + 0.25 * Math.sin(a * t + phase) + 0.1 * Math.sin(b * t))
    return [Math.min(size.width, Math.max(0, cx + r * Math.cos(t))), Math.min(size.height, Math.max(0, cy + r * Math.sin(t)))]
  }).flat()
}

export function polygons(count: number, vertices: number): Region[] {
  const next = random(1)
  return Array.from({ length: count }, (_, i) =>
    regionOf({ kind: 'polygon', parts: [[blob(next() * size.width, next() * size.height, 10 + 40 * next(), vertices, next)]] }, i + 1),
  )
}

export const hugePolygon = (vertices: number): Region =>
  regionOf({ kind: 'polygon', parts: [[blob(size.width / 2, size.height / 2, 600, vertices, random(2))]] }, 1)

/** Painted as a brush would: strokes of several widths, on average about an eighth of the image each. */
export function masks(count: number): Region[] {
  const next = random(3)
  return Array.from({ length: count }, (_, i) => {
    const mask = ColumnMask.empty(size)
    let at = { x: next() * size.width, y: next() * size.height }
    for (let s = 0; s < 12; s++) {
      const to = { x: at.x + (next() - 0.5) * 700, y: at.y + (next() - 0.5) * 700 }
      mask.stroke(at, to, 60 + 140 * next(), false)
      at = to
    }
    for (let s = 0; s < 6; s++) {
      const x = next() * size.width
      mask.stroke({ x, y: 0 }, { x, y: size.height }, 3, true)
    }
    return regionOf({ kind: 'mask', rle: mask.toRle() }, i + 1)
  })
}

/** A picture with noise in it, as a JPEG. */
export async function picture(seed: number): Promise<string> {
  const canvas = new OffscreenCanvas(size.width, size.height)
  const ctx = canvas.getContext('2d')!
  const next = random(seed)
  const image = ctx.createImageData(size.width, size.height)
  const words = new Uint32Array(image.data.buffer)
  for (let i = 0; i < words.length; i++) {
    const v = (next() * 64) | 0
    const y = (i / size.width) >> 4
    words[i] = 0xff000000 | ((v + (y & 127)) << 16) | ((v + 90) << 8) | (v + ((i % size.width) >> 5))
  }
  ctx.putImageData(image, 0, 0)
  return URL.createObjectURL(await canvas.convertToBlob({ type: 'image/jpeg', quality: 0.9 }))
}
