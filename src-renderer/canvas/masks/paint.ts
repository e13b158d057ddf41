/**
 * Paints masks into one image at screen resolution: the cost of a mask depends on what is visible of it, not on its size. The image is
 * transposed in memory, so that a run of rows is contiguous, and is transposed back at the end.
 */
import type { FlatMask } from './flat-mask.ts'

/** Canvas pixel (i, j) shows image pixel ⌊x + (i + ½) / scale⌋, ⌊y + (j + ½) / scale⌋. */
export interface PaintWindow {
  x: number
  y: number
  scale: number
  /** In canvas pixels. */
  width: number
  height: number
}

export class MaskCanvas {
  /** Premultiplied, column-major, one byte per channel: 0xAABBGGRR. */
  private readonly pixels: Uint32Array

  constructor(private readonly window: PaintWindow) {
    this.pixels = new Uint32Array(window.width * window.height)
  }

  /** Blends a mask over the image: the outline (one canvas pixel wide) with opacity `edge`, the rest with `fill`, both 0 to 1. */
  paint(mask: FlatMask, colour: string, fill: number, edge: number): void {
    const { x: wx, scale, width } = this.window
    const from = Math.max(0, Math.ceil(-wx * scale - 0.5))
    const to = Math.min(width, Math.ceil((mask.width - wx) * scale - 0.5))
    const imageColumn = (i: number) => Math.floor(wx + (i + 0.5) / scale)
    const inner = premultiplied(colour, fill)
    const rim = premultiplied(colour, edge)
    for (let i = from; i < to; i++) {
      const x = imageColumn(i)
      if (mask.offsets[x] === mask.offsets[x + 1]) continue
      this.column(i, mask, x, inner, rim, imageColumn(i - 1), imageColumn(i + 1))
    }
  }

  private column(i: number, mask: FlatMask, x: number, inner: Paint, rim: Paint, left: number, right: number): void {
    const { y: wy, scale, height } = this.window
    const base = i * height
    const { pixels } = this
    for (let k = mask.offsets[x]!; k < mask.offsets[x + 1]!; k += 2) {
      const y0 = Math.max(0, Math.ceil((mask.rows[k]! - wy) * scale - 0.5))
      const y1 = Math.min(height, Math.ceil((mask.rows[k + 1]! - wy) * scale - 0.5))
      if (y0 >= y1) continue
      blend(pixels, base + y0, base + y1, inner)
      blend(pixels, base + y0, base + y0 + 1, rim)
      if (y1 - y0 > 1) blend(pixels, base + y1 - 1, base + y1, rim)
      for (const neighbour of left === right ? [left] : [left, right])
        if (neighbour !== x) this.uncovered(base, mask, neighbour, y0 + 1, y1 - 1, rim)
    }
  }

  /** Draws the rim of rows [from, to) where the neighbouring column of the mask is empty. */
  private uncovered(base: number, mask: FlatMask, x: number, from: number, to: number, rim: Paint): void {
    const { y: wy, scale } = this.window
    const end = x >= 0 && x < mask.width ? mask.offsets[x + 1]! : 0
    for (let k = end ? mask.offsets[x]! : 0; k < end && from < to; k += 2) {
      const y1 = Math.ceil((mask.rows[k + 1]! - wy) * scale - 0.5)
      if (y1 <= from) continue
      const y0 = Math.ceil((mask.rows[k]! - wy) * scale - 0.5)
      if (y0 >= to) break
      if (y0 > from) blend(this.pixels, base + from, base + y0, rim)
      from = y1
    }
    if (from < to) blend(this.pixels, base + from, base + to, rim)
  }

  /** Row-major RGBA, not premultiplied, as ImageData expects. */
  toRgba(): Uint8ClampedArray<ArrayBuffer> {
    const { width, height } = this.window
    const out = new Uint32Array(width * height)
    const block = 32
    for (let i0 = 0; i0 < width; i0 += block)
      for (let j0 = 0; j0 < height; j0 += block)
        for (let i = i0; i < Math.min(i0 + block, width); i++)
          for (let j = j0; j < Math.min(j0 + block, height); j++) {
            const v = this.pixels[i * height + j]!
            if (v) out[j * width + i] = straight(v)
          }
    return new Uint8ClampedArray(out.buffer)
  }
}

interface Paint {
  /** Premultiplied. */
  colour: number
  /** The share of the background that remains, out of 256. */
  rest: number
}

function premultiplied(colour: string, opacity: number): Paint {
  const rgb = parseInt(colour.slice(1), 16)
  const byte = (shift: number) => Math.round(((rgb >> shift) & 255) * opacity)
  const alpha = Math.round(255 * opacity)
  return { colour: ((alpha << 24) | (byte(0) << 16) | (byte(8) << 8) | byte(16)) >>> 0, rest: 256 - Math.ceil((alpha * 256) / 255) }
}

/** Porter & Duff's "over", four channels with two multiplications. */
function blend(pixels: Uint32Array, from: number, to: number, { colour, rest }: Paint): void {
  for (let p = from; p < to; p++) {
    const ground = pixels[p]!
    if (ground === 0) pixels[p] = colour
    else {
      const low = (Math.imul(ground & 0xff00ff, rest) >>> 8) & 0xff00ff
      const high = Math.imul((ground >>> 8) & 0xff00ff, rest) & 0xff00ff00
      pixels[p] = colour + (low | high)
    }
  }
}

function straight(v: number): number {
  const a = v >>> 24
  const f = 255 / a
  return (
    ((a << 24) |
      (Math.min(255, ((v >>> 16) & 255) * f) << 16) |
      (Math.min(255, ((v >>> 8) & 255) * f) << 8) |
      Math.min(255, (v & 255) * f)) >>>
    0
  )
}
