/** Varied views of training images with boxes. */
import type { ClassBox } from '#shared/model/target.ts'
import type { Pixels } from '../data/pixels.ts'
import type { Rng } from '../data/rng.ts'

/** Smallest share of the image's area that is kept, and of a box that is still a target. */
const SMALLEST = 0.6
const LEAST = 0.4

export interface BoxedView {
  readonly pixels: Pixels
  readonly boxes: readonly ClassBox[]
}

/**
 * A random part of the image, mirrored half of the time, with the boxes in it. A part without boxes would teach that
 * there is nothing, so the whole image is taken then.
 */
export function variedView(pixels: Pixels, boxes: readonly ClassBox[], rng: Rng): BoxedView {
  const share = Math.sqrt(rng.uniform(SMALLEST, 1))
  const [w, h] = [pixels.width, pixels.height].map((side) => Math.max(1, Math.round(share * side))) as [number, number]
  const x = rng.int(pixels.width - w + 1)
  const y = rng.int(pixels.height - h + 1)
  const mirror = rng.chance(0.5)
  const inside = within(boxes, x, y, w, h)
  const part = inside.length ? { x, y, w, h, own: inside } : { x: 0, y: 0, w: pixels.width, h: pixels.height, own: boxes }
  return {
    pixels: cut(pixels, part, mirror),
    boxes: mirror ? part.own.map(({ class: c, box }) => ({ class: c, box: { ...box, x: part.w - box.x - box.w } })) : part.own,
  }
}

function within(boxes: readonly ClassBox[], x: number, y: number, w: number, h: number): ClassBox[] {
  return boxes.flatMap(({ class: c, box }) => {
    const [left, top] = [Math.max(0, box.x - x), Math.max(0, box.y - y)]
    const [right, bottom] = [Math.min(w, box.x + box.w - x), Math.min(h, box.y + box.h - y)]
    const area = Math.max(0, right - left) * Math.max(0, bottom - top)
    return area > LEAST * box.w * box.h ? [{ class: c, box: { x: left, y: top, w: right - left, h: bottom - top } }] : []
  })
}

function cut({ width, channels, data }: Pixels, { x, y, w, h }: { x: number; y: number; w: number; h: number }, mirror: boolean): Pixels {
  const out = new Uint8Array(w * h * channels)
  for (let row = 0; row < h; row++) {
    const from = ((y + row) * width + x) * channels
    const line = data.subarray(from, from + w * channels)
    const into = row * w * channels
    if (!mirror) out.set(line, into)
    else for (let k = 0; k < w; k++) out.set(line.subarray(k * channels, (k + 1) * channels), into + (w - 1 - k) * channels)
  }
  return { width: w, height: h, channels, data: out }
}
