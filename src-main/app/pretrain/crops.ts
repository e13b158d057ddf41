/** What a model that names regions is trained on: crops of scenes about their objects, as a detector would give them. */
import { Rng } from '../../engine/data/index.ts'
import type { Crop } from '../../engine/pretrain/index.ts'
import type { Box } from '#shared/model/shape.ts'
import { composeScene, type ComposedScene, type DrawnSprite, proportionsOf } from './compose.ts'

/** Side of the scenes that crops are cut from. */
const WHOLE = 320
/** Crops of each object, each about another guess of its box. */
const EACH = 2

/** Crops of so many scenes, `side` pixels wide. @param sprites each crop says which one it shows, by its place */
export function cropsOf(
  name: string,
  seed: number,
  sprites: readonly DrawnSprite[],
  { scenes, side }: { readonly scenes: number; readonly side: number },
  onProgress: (done: number, of: number) => void,
): Crop[] {
  const places = new Map(sprites.map((s, i) => [s, i]))
  const crops: Crop[] = []
  for (let number = 0; number < scenes; number++) {
    const scene = composeScene(name, seed, number, sprites, WHOLE)
    const rng = Rng.of(seed, 0xc0, number)
    for (const object of scene.objects)
      for (let i = 0; i < EACH; i++) crops.push({ picture: places.get(object.sprite)!, rgb: cropOf(scene, object.box, side, rng) })
    onProgress(number + 1, scenes)
  }
  return crops
}

/** The square about a guess of a box, in the scene's own proportions; what of it is outside the scene is left out. */
function cropOf(
  { rgb, aspect }: ComposedScene,
  { x, y, w, h }: ComposedScene['objects'][number]['box'],
  side: number,
  rng: Rng,
): Uint8Array {
  const { kx, ky } = proportionsOf(aspect, WHOLE)
  const long = Math.max(w / kx, h / ky) * rng.uniform(0.8, 1.35)
  const part = (from: number, length: number, k: number) => {
    const start = from + length * (0.5 + rng.uniform(-0.14, 0.14)) - (long * k) / 2
    const first = Math.min(WHOLE - 4, Math.max(0, Math.floor(start)))
    return [first, Math.max(4, Math.min(WHOLE, Math.ceil(start + long * k)) - first)] as const
  }
  const [[left, wide], [top, high]] = [part(x, w, kx), part(y, h, ky)]
  const out = new Uint8Array(3 * side * side)
  draw(rgb, WHOLE, { x: left, y: top, w: wide, h: high }, side, (c, i, value) => (out[c * side * side + i] = Math.round(255 * value)))
  return out
}

/** The pixel at a share of a length, from its first pixel's middle to its last one's. */
const within = (from: number, length: number, share: number) => Math.min(from + length - 1, Math.max(from, from + share * length - 0.5))

/** Draws a window of a square picture [3, whole, whole] with `side` pixels along each side (bilinear). */
function draw(
  rgb: Float32Array,
  whole: number,
  window: Box,
  side: number,
  put: (channel: number, at: number, value: number) => void,
): void {
  const plane = whole * whole
  const along = (from: number, length: number) =>
    Array.from({ length: side }, (_, i) => {
      const at = within(from, length, (i + 0.5) / side)
      const first = Math.min(whole - 2, Math.floor(at))
      return { first, share: at - first }
    })
  const [columns, rows] = [along(window.x, window.w), along(window.y, window.h)]
  for (let y = 0, i = 0; y < side; y++) {
    const { first: top, share: dy } = rows[y]!
    for (let x = 0; x < side; x++, i++) {
      const { first: left, share: dx } = columns[x]!
      for (let c = 0, at = top * whole + left; c < 3; c++, at += plane) {
        const upper = rgb[at]! * (1 - dx) + rgb[at + 1]! * dx
        const lower = rgb[at + whole]! * (1 - dx) + rgb[at + whole + 1]! * dx
        put(c, i, upper * (1 - dy) + lower * dy)
      }
    }
  }
}
