/** What a model that names regions is trained on: crops of scenes about their objects, as a detector would give them. */
import { Rng } from '../../engine/data/index.ts'
import type { Crop } from '../../engine/pretrain/index.ts'
import type { Box } from '#shared/model/shape.ts'
import { composeScene, type ComposedScene, type DrawnSprite, proportionsOf } from './compose.ts'

/** Side of the scenes that crops are cut from. */
const WHOLE = 320
/**
 * Crops of each object, each about another guess of its box: one of the scene, one with the thing alone on white, as an outliner
 * that is off by some pixels of the scene leaves it.
 */
const OUTLINES = [undefined, { least: -1, most: 2 }] as const

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
    scene.objects.forEach(({ sprite, box }, i) => {
      for (const outline of OUTLINES) {
        const from = outline ? alone(scene, i, rng.int(outline.most - outline.least + 1) + outline.least) : scene.rgb
        crops.push({ picture: places.get(sprite)!, rgb: cropOf({ ...scene, rgb: from }, box, side, rng) })
      }
    })
    onProgress(number + 1, scenes)
  }
  return crops
}

/** The scene with all white but one object, whose outline is moved outwards by so many pixels. @returns [3, WHOLE, WHOLE], from 0 to 1 */
function alone({ rgb, owner, objects }: ComposedScene, object: number, outwards: number): Float32Array {
  const out = new Float32Array(rgb.length).fill(1)
  const { x, y, w, h } = objects[object]!.box
  const reach = Math.abs(outwards)
  const is = (u: number, v: number) => u >= 0 && v >= 0 && u < WHOLE && v < WHOLE && owner[v * WHOLE + u] === object + 1
  /** Whether some pixel within reach is inside (outwards), or all are (inwards). */
  const shown = (u: number, v: number) => {
    for (let dv = -reach; dv <= reach; dv++)
      for (let du = -reach; du <= reach; du++) if (is(u + du, v + dv) === outwards > 0) return outwards > 0
    return outwards <= 0
  }
  const end = (from: number, length: number) => Math.min(WHOLE, from + length + reach)
  for (let v = Math.max(0, y - reach); v < end(y, h); v++)
    for (let u = Math.max(0, x - reach); u < end(x, w); u++)
      if (shown(u, v)) for (let c = 0, at = v * WHOLE + u; c < 3; c++, at += WHOLE * WHOLE) out[at] = rgb[at]!
  return out
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
