/**
 * Scenes for training, like those of the sample (app/sample/scenes.ts) but drawn at the model's own size from pictures that
 * were rendered once, which takes a millisecond instead of a tenth of a second: every scene is new.
 */
import sharp from 'sharp'
import type { Concept, Style } from '#shared/model/sample.ts'
import type { Collage } from '../../engine/pretrain/index.ts'
import { makeBackground } from '../sample/backgrounds.ts'
import { mapLimit } from '../sample/pool.ts'
import { randomOf, type Random } from '../sample/random.ts'
import { renderPictograph } from '../sample/render.ts'
import { sceneHeight, sceneWidth, type Sprite } from '../sample/scenes.ts'
import { type Level, levelsOf } from './levels.ts'

interface Drawn {
  readonly concept: number
  readonly levels: readonly Level[]
}

const RENDERED = 128
const BACKGROUNDS = 240
/** A scene of the sample may have any shape; the model sees it squashed to a square. Width to height. */
const SHAPES = [0.7, 1.8] as const
/** Height of a picture as a share of the scene's. */
const HEIGHTS = [48 / sceneHeight, 200 / sceneHeight] as const
const MIN_VISIBLE = { share: 0.45, area: 200 / (sceneWidth * sceneHeight) }
const OPAQUE = 0.5

export class Collages {
  private constructor(
    private readonly side: number,
    private readonly drawn: readonly Drawn[],
    private readonly byConcept: ReadonlyMap<number, readonly Drawn[]>,
    private readonly grounds: readonly Uint8Array[],
  ) {}

  /** @param side of the square scenes, in px; `concepts` are numbered by their place */
  static async of(
    concepts: readonly Concept[],
    styles: readonly Style[],
    side: number,
    onProgress: (done: number, of: number) => void,
  ): Promise<Collages> {
    const wanted = concepts.flatMap((concept, number) =>
      styles.filter((s) => concept.styles[s]).map((style): Sprite & { number: number } => ({ concept, style, number })),
    )
    const total = wanted.length + BACKGROUNDS
    let done = 0
    const drawn = await mapLimit(wanted, async ({ concept, style, number }) => {
      const { data } = await renderPictograph(concept, style, RENDERED)
      onProgress(++done, total)
      return { concept: number, levels: levelsOf(RENDERED, data) }
    })
    const grounds = await mapLimit(
      Array.from({ length: BACKGROUNDS }, (_, i) => i),
      async (i) => {
        const { rgb } = makeBackground(randomOf(`ground ${i}`), sceneWidth, sceneHeight)
        const raw = sharp(rgb, { raw: { width: sceneWidth, height: sceneHeight, channels: 3 } }).resize(side, side, { fit: 'fill' })
        const data = await raw.raw().toBuffer()
        onProgress(++done, total)
        return new Uint8Array(data)
      },
    )
    const byConcept = new Map<number, Drawn[]>()
    for (const one of drawn) byConcept.set(one.concept, [...(byConcept.get(one.concept) ?? []), one])
    return new Collages(side, drawn, byConcept, grounds)
  }

  /** The scene of that name, the same each time. */
  scene(name: string): Collage {
    const random = randomOf(name)
    const { side } = this
    const rgb = ground(random, random.pick(this.grounds), side)
    const owner = new Uint8Array(side * side)
    const objects: { concept: number; whole: number; visible: number }[] = []
    const shape = random.next() < 0.5 ? sceneWidth / sceneHeight : SHAPES[0] * (SHAPES[1] / SHAPES[0]) ** random.next()
    // Now and then a single large picture: an example, or a close-up.
    const close = random.next() < 0.12
    const wanted = close ? 1 : random.integer(3, 9)
    for (let tries = 0; objects.length < wanted && tries < 40; tries++) {
      const sprite = this.choose(random, objects)
      const height = (close ? random.between(0.5, 1) : random.between(...HEIGHTS)) * side
      const width = Math.min(height / shape, 1.2 * side)
      const angle = (Math.PI / 180) * (random.next() < 0.8 ? random.between(-25, 25) : random.between(-180, 180))
      const x = random.between(0.4 * width, side - 0.4 * width)
      const y = random.between(0.4 * height, side - 0.4 * height)
      place({ sprite, x, y, width, height, angle, colour: colourOf(random) }, { side, rgb, owner, objects })
    }
    return { rgb, owner, concepts: objects.map((o) => o.concept) }
  }

  private choose(random: Random, objects: readonly { concept: number }[]): Drawn {
    if (!objects.length || random.next() > 0.3) return random.pick(this.drawn)
    return random.pick(this.byConcept.get(random.pick(objects).concept)!)
  }
}

/** A background, perhaps turned over or with other colours. */
function ground(random: Random, from: Uint8Array, side: number): Float32Array {
  const [flipX, flipY, turn] = [random.next() < 0.5, random.next() < 0.5, random.next() < 0.5]
  const m = colourOf(random)
  const out = new Float32Array(from.length)
  for (let y = 0; y < side; y++)
    for (let x = 0; x < side; x++) {
      const [u, v] = [flipX ? side - 1 - x : x, flipY ? side - 1 - y : y]
      const at = 3 * (turn ? u * side + v : v * side + u)
      coloured(m, from[at]! / 255, from[at + 1]! / 255, from[at + 2]! / 255, 1, out, 3 * (y * side + x))
    }
  return out
}

const LUMA = [0.299, 0.587, 0.114] as const

/** A random change of colours: 3 × 4, row-major. */
function colourOf(random: Random): Float32Array {
  const saturation = random.next() < 0.05 ? 0 : random.between(0.5, 1.5)
  const [contrast, brightness] = [random.between(0.75, 1.25), random.between(-0.12, 0.12)]
  const angle = random.between(-0.25, 0.25)
  const [c, s] = [Math.cos(angle), Math.sin(angle) / Math.sqrt(3)]
  const out = new Float32Array(12)
  // Hue: a turn about the grey axis (Rodrigues); then saturation about the luma; then contrast about middle grey.
  for (let i = 0; i < 3; i++) {
    for (let j = 0; j < 3; j++) {
      const turned = (k: number) => (k === j ? c : 0) + (1 - c) / 3 + ((k - j + 3) % 3 === 1 ? s : (k - j + 3) % 3 === 2 ? -s : 0)
      const grey = LUMA.reduce((sum, l, k) => sum + l * turned(k), 0)
      out[4 * i + j] = contrast * (saturation * turned(i) + (1 - saturation) * grey)
    }
    out[4 * i + 3] = brightness + 0.5 * (1 - contrast)
  }
  return out
}

/** Writes a colour that is premultiplied by `a`, changed by the matrix and clipped. */
function coloured(m: Float32Array, r: number, g: number, b: number, a: number, out: Float32Array, at: number): void {
  for (let i = 0; i < 3; i++) {
    const value = m[4 * i]! * r + m[4 * i + 1]! * g + m[4 * i + 2]! * b + m[4 * i + 3]! * a
    out[at + i] = value < 0 ? 0 : value > a ? a : value
  }
}

interface Placing {
  readonly sprite: Drawn
  readonly x: number
  readonly y: number
  readonly width: number
  readonly height: number
  readonly angle: number
  readonly colour: Float32Array
}
interface Canvas {
  readonly side: number
  readonly rgb: Float32Array
  readonly owner: Uint8Array
  readonly objects: { concept: number; whole: number; visible: number }[]
}

/** Draws a picture, unless it would hide too much of another or be too small itself. */
function place({ sprite, x, y, width, height, angle, colour }: Placing, { side, rgb, owner, objects }: Canvas): void {
  const level = sprite.levels.findLast((l) => l.side >= 0.9 * Math.max(width, height)) ?? sprite.levels[0]!
  const [cos, sin] = [Math.cos(angle), Math.sin(angle)]
  const reach = 0.5 * (Math.abs(cos) + Math.abs(sin))
  const [left, right] = [Math.max(0, Math.floor(x - reach * width)), Math.min(side, Math.ceil(x + reach * width))]
  const [top, bottom] = [Math.max(0, Math.floor(y - reach * height)), Math.min(side, Math.ceil(y + reach * height))]
  const columns = right - left
  const area = Math.max(0, columns * (bottom - top))
  const drawn = new Float32Array(4 * area)
  const hidden = new Uint32Array(objects.length + 1)
  let whole = 0
  for (let i = 0; i < area; i++) {
    const [px, py] = [left + (i % columns), top + Math.floor(i / columns)]
    const [dx, dy] = [(px + 0.5 - x) / width, (py + 0.5 - y) / height]
    sample(level, cos * dx + sin * dy + 0.5, cos * dy - sin * dx + 0.5, drawn, 4 * i)
    if (drawn[4 * i + 3]! < OPAQUE) continue
    whole++
    hidden[owner[py * side + px]!]!++
  }
  const least = MIN_VISIBLE.area * side * side
  if (whole < least || objects.some((o, i) => o.visible - hidden[i + 1]! < Math.max(least, MIN_VISIBLE.share * o.whole))) return
  objects.forEach((o, i) => (o.visible -= hidden[i + 1]!))
  objects.push({ concept: sprite.concept, whole, visible: whole })
  const shown = new Float32Array(3)
  for (let i = 0; i < area; i++) {
    const a = drawn[4 * i + 3]!
    if (!a) continue
    const at = (top + Math.floor(i / columns)) * side + left + (i % columns)
    coloured(colour, drawn[4 * i]!, drawn[4 * i + 1]!, drawn[4 * i + 2]!, a, shown, 0)
    for (let k = 0; k < 3; k++) rgb[3 * at + k] = shown[k]! + rgb[3 * at + k]! * (1 - a)
    if (a >= OPAQUE) owner[at] = objects.length
  }
}

/** Bilinear, transparent outside; (u, v) from 0 to 1. */
function sample({ side, data }: Level, u: number, v: number, out: Float32Array, to: number): void {
  const [x, y] = [u * side - 0.5, v * side - 0.5]
  const [x0, y0] = [Math.floor(x), Math.floor(y)]
  const [fx, fy] = [x - x0, y - y0]
  for (let k = 0; k < 4; k++) {
    const [px, py] = [x0 + (k & 1), y0 + (k >> 1)]
    if (px < 0 || py < 0 || px >= side || py >= side) continue
    const weight = (k & 1 ? fx : 1 - fx) * (k >> 1 ? fy : 1 - fy)
    const from = 4 * (py * side + px)
    for (let c = 0; c < 4; c++) out[to + c]! += (weight * data[from + c]!) / 255
  }
}
