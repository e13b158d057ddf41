/**
 * Scenes for training, made as in sample/scenes.ts but drawn at once in the model's size, from pictures rendered
 * beforehand: some milliseconds each instead of a third of a second, so that no scene is shown twice.
 */
import { augmentSchema, colour, Rng } from '../../engine/data/index.ts'
import type { DrawScene } from '../../engine/pretrain/index.ts'
import { makeBackground } from '../sample/backgrounds.ts'
import { randomOf, type Random } from '../sample/random.ts'
import type { Level } from '../sample/levels.ts'
import { chooseAngle, chooseSprite, sceneHeight, sceneWidth, type Sprite } from '../sample/scenes.ts'
import { extent, type Place, placeOf, warped } from '../sample/warp.ts'

/** A picture of a concept. */
export interface DrawnSprite extends Pick<Sprite, 'concept'> {
  /** Index into the concepts. */
  readonly index: number
  readonly levels: readonly Level[]
}

export interface ComposedObject {
  readonly sprite: DrawnSprite
  /** Around the visible pixels, in pixels of the scene. */
  readonly box: { readonly x: number; readonly y: number; readonly w: number; readonly h: number }
}

export interface ComposedScene {
  /** [3, side, side], from 0 to 1. */
  readonly rgb: Float32Array
  /** Whose each pixel is, [side, side]: 0 the background's, i + 1 object i's. */
  readonly owner: Uint8Array
  readonly objects: readonly ComposedObject[]
  /** Width by height of the scene before it was squashed to a square. */
  readonly aspect: number
}

/** Colours vary, so that what is learned is not one studio's palette. */
const tints = augmentSchema.parse({ brightness: 0.15, contrast: 0.2, saturation: 0.25, hue: 0.02 })
/** Share of the visible part of an object, and number of its pixels in a scene of full size, at least. */
const VISIBLE = { share: 0.45, pixels: 200 }

/** Fuller than the sample's scenes, of 3 to 9 objects: each costs the same to look at, and every object teaches. */
const OBJECTS = [6, 9] as const

interface Placed extends Pick<Sprite, 'concept'> {
  readonly sprite: DrawnSprite
  readonly whole: number
  visible: number
}

/**
 * Width and height of a scene before it was squashed to a square of side `whole`, in pixels of the sample's scenes, and how many
 * pixels of the square one of those is across and down.
 */
export function proportionsOf(aspect: number, whole: number) {
  const area = sceneWidth * sceneHeight
  const width = Math.sqrt(area * aspect)
  return { width, height: area / width, kx: whole / width, ky: (whole * width) / area }
}

/** What a model's preprocessing subtracts and divides by, by channel. */
export interface Normalisation {
  readonly image_mean: readonly number[]
  readonly image_std: readonly number[]
}

/** The scene of that name and number, identically on every machine. */
export function composeScene(name: string, seed: number, number: number, sprites: readonly DrawnSprite[], side: number): ComposedScene {
  const random = randomOf(`${name} ${seed} ${number}`)
  const rng = Rng.of(seed, number)
  // The virtual scene has the sample's area and about its shape; the model sees it squashed to a square.
  const aspect = Math.exp(random.between(Math.log(0.75), Math.log(1.6)))
  const { width, height } = proportionsOf(aspect, side)
  const rgb = new Float32Array(3 * side * side)
  fill(rgb, makeBackground(random, Math.ceil(side / 2), Math.ceil(side / 2)).rgb, side)
  const owner = new Uint8Array(side * side)
  const placed: Placed[] = []
  const wanted = random.integer(...OBJECTS)
  const least = (VISIBLE.pixels * side * side) / (sceneWidth * sceneHeight)
  for (let tries = 0; placed.length < wanted && tries < 40; tries++) {
    const drawn = chooseSprite(random, sprites, placed)
    const place = placeIn(random, side, width, height)
    const alpha = warped(drawn.levels, place)
    if (!claim(alpha, place, side, owner, placed, drawn, least)) continue
    paint(alpha, place, side, rgb, colour(tints, rng))
  }
  const boxes = boxesOf(owner, side, placed.length)
  return { rgb, owner, aspect, objects: placed.map(({ sprite }, i) => ({ sprite, box: boxes[i]! })) }
}

/** Scenes as a training is fed with them. @param normalisation of the model's input, by channel */
export const sceneDrawer =
  (
    name: string,
    seed: number,
    sprites: readonly DrawnSprite[],
    side: number,
    { image_mean: mean, image_std: std }: Normalisation,
  ): DrawScene =>
  (number, out, offset) => {
    const { rgb, owner, objects } = composeScene(name, seed, number, sprites, side)
    const plane = side * side
    for (let c = 0, i = 0; c < 3; c++) for (const end = i + plane; i < end; i++) out[offset + i] = (rgb[i]! - mean[c]!) / std[c]!
    return {
      owner,
      objects: objects.map(({ sprite, box: { x, y, w, h } }) => ({
        concept: sprite.index,
        box: [(x + w / 2) / side, (y + h / 2) / side, w / side, h / side] as const,
      })),
    }
  }

/** Fills a scene with a background of half its size. */
function fill(rgb: Float32Array, ground: Uint8Array, side: number): void {
  const plane = side * side
  const half = Math.ceil(side / 2)
  for (let y = 0, i = 0; y < side; y++)
    for (let x = 0; x < side; x++, i++) {
      const from = 3 * ((y >> 1) * half + (x >> 1))
      rgb[i] = ground[from]! / 255
      rgb[plane + i] = ground[from + 1]! / 255
      rgb[2 * plane + i] = ground[from + 2]! / 255
    }
}

function placeIn(random: Random, side: number, width: number, height: number): Place {
  const size = random.between(48, 200)
  const angle = (chooseAngle(random) * Math.PI) / 180
  const stretch = Math.exp(random.between(-0.12, 0.12))
  const [sx, sy] = [size * stretch, size / stretch]
  const { w, h } = extent({ sx, sy, angle })
  const cx = random.between(-0.1 * w, width - 0.9 * w) + w / 2
  const cy = random.between(-0.1 * h, height - 0.9 * h) + h / 2
  return placeOf({ cx, cy, sx, sy, angle }, side, [side / width, side / height])
}

/** Marks the picture's pixels in `owner`, unless it would hide too much or be hidden itself. */
function claim(
  picture: Float32Array,
  { x0, y0, x1, y1 }: Place,
  side: number,
  owner: Uint8Array,
  placed: Placed[],
  sprite: DrawnSprite,
  least: number,
): boolean {
  const hidden = new Uint32Array(placed.length + 1)
  let whole = 0
  for (let y = y0, o = 3; y < y1; y++)
    for (let x = x0; x < x1; x++, o += 4)
      if (picture[o]! >= 128) {
        whole++
        hidden[owner[y * side + x]!]!++
      }
  const stays = (p: Placed, i: number) => p.visible - hidden[i + 1]! >= Math.max(least, VISIBLE.share * p.whole)
  if (whole < least || !placed.every(stays)) return false
  placed.forEach((p, i) => (p.visible -= hidden[i + 1]!))
  placed.push({ concept: sprite.concept, sprite, whole, visible: whole })
  for (let y = y0, o = 3; y < y1; y++) for (let x = x0; x < x1; x++, o += 4) if (picture[o]! >= 128) owner[y * side + x] = placed.length
  return true
}

/** @param tint [3, 4]: colours from 0 to 1 and 1 → colours */
function paint(picture: Float32Array, { x0, y0, x1, y1 }: Place, side: number, rgb: Float32Array, tint: ArrayLike<number>): void {
  const plane = side * side
  let o = 0
  for (let y = y0; y < y1; y++)
    for (let x = x0; x < x1; x++, o += 4) {
      const a = picture[o + 3]! / 255
      if (a === 0) continue
      const r = picture[o]! / 255
      const g = picture[o + 1]! / 255
      const b = picture[o + 2]! / 255
      const at = y * side + x
      for (let c = 0; c < 3; c++) {
        const own = tint[4 * c]! * r + tint[4 * c + 1]! * g + tint[4 * c + 2]! * b + tint[4 * c + 3]! * a
        rgb[c * plane + at] = Math.min(a, Math.max(0, own)) + rgb[c * plane + at]! * (1 - a)
      }
    }
}

/** The box around each object's pixels. */
function boxesOf(owner: Uint8Array, side: number, count: number): ComposedObject['box'][] {
  const found = Array.from({ length: count + 1 }, () => ({ left: side, top: side, right: 0, bottom: 0 }))
  for (let y = 0, i = 0; y < side; y++)
    for (let x = 0; x < side; x++, i++) {
      const box = found[owner[i]!]!
      if (x < box.left) box.left = x
      if (x >= box.right) box.right = x + 1
      if (y < box.top) box.top = y
      box.bottom = y + 1
    }
  return found.slice(1).map(({ left, top, right, bottom }) => ({ x: left, y: top, w: right - left, h: bottom - top }))
}
