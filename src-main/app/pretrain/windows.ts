/** What models are trained on that look at one thing each: windows of scenes about guesses of an object's box. */
import { boxIou } from '#shared/geometry/box.ts'
import type { Box } from '#shared/model/shape.ts'
import { Rng } from '../../engine/data/index.ts'
import type { DrawScene, Scene } from '../../engine/pretrain/index.ts'
import { squareAround } from '../../engine/regions/index.ts'
import { composeScene, type ComposedScene, type DrawnSprite, type Normalisation, proportionsOf } from './compose.ts'

/** Side of the scenes that windows are cut from, and windows about each object. */
const [WHOLE, EACH] = [320, 2]
/** A window that is anywhere is about an object whose box overlaps its guess by so much. */
const MEANT = 0.3
/** Long sides, in pixels of a scene, of guesses that are anywhere. */
const SIZES = [48, 200] as const

interface Window extends Scene {
  /** [3, side, side], from 0 to 255. */
  readonly rgb: Uint8Array
}

/** How windows are cut. */
export interface WindowRecipe {
  readonly seed: number
  /** How many. */
  readonly scenes: number
  /** A window's side in that of the box it is about. */
  readonly around: number
  /** How wrong a guess is: its middle by up to this share of the object's sides, its size by up to a factor of exp(this). */
  readonly off: { readonly middle: number; readonly size: number }
  /** One in so many windows is anywhere. */
  readonly anywhereOneIn: number
}

/**
 * Windows as a training is fed with them; numbers from the recipe's on are windows of scenes that it is not fed with.
 * @param name of the scenes @param side of a window in pixels
 */
export function windowDrawer(
  name: string,
  recipe: WindowRecipe,
  sprites: readonly DrawnSprite[],
  side: number,
  preprocess: Normalisation,
  onProgress?: (done: number, of: number) => void,
): DrawScene {
  const windows = windowsOf(name, recipe, sprites, side, preprocess, onProgress)
  const { image_mean: mean, image_std: std } = preprocess
  return (number, out, offset) => {
    const { rgb, owner, objects } = windows[number] ?? windowsIn(name, recipe, number, sprites, side, preprocess)[0]!
    for (let i = 0; i < rgb.length; i++) {
      const c = Math.floor(i / side ** 2)
      out[offset + i] = (rgb[i]! / 255 - mean[c]!) / std[c]!
    }
    return { owner, objects }
  }
}

/** Those of one scene. */
function windowsIn(
  name: string,
  recipe: WindowRecipe,
  number: number,
  sprites: readonly DrawnSprite[],
  side: number,
  { image_mean: mean }: Normalisation,
): Window[] {
  const scene = composeScene(name, recipe.seed, number, sprites, WHOLE)
  const guesses = guessesOf(scene, recipe, Rng.of(recipe.seed, 0xe1, number))
  return guesses.map((guess) => windowOf(scene, guess, { side, around: recipe.around, mean }))
}

function windowsOf(
  name: string,
  recipe: WindowRecipe,
  sprites: readonly DrawnSprite[],
  side: number,
  preprocess: Normalisation,
  onProgress?: (done: number, of: number) => void,
): Window[] {
  const windows: Window[] = []
  const { scenes: count } = recipe
  for (let number = 0; windows.length < count; number++) {
    windows.push(...windowsIn(name, recipe, number, sprites, side, preprocess))
    onProgress?.(Math.min(windows.length, count), count)
  }
  const rng = Rng.of(recipe.seed, 0xe2)
  for (let i = windows.length - 1; i > 0; i--) {
    const j = rng.int(i + 1)
    ;[windows[i], windows[j]] = [windows[j]!, windows[i]!]
  }
  return windows
}

/** Boxes in the scene's own proportions, in pixels of a scene of full size. */
function boxesIn({ aspect, objects }: ComposedScene): Box[] {
  const { kx, ky } = proportionsOf(aspect, WHOLE)
  return objects.map(({ box: { x, y, w, h } }) => ({ x: x / kx, y: y / ky, w: w / kx, h: h / ky }))
}

interface Guess {
  readonly box: Box
  /** The object that is meant. */
  readonly object: number | undefined
}

function guessesOf(scene: ComposedScene, { anywhereOneIn, off: most }: WindowRecipe, rng: Rng): Guess[] {
  const boxes = boxesIn(scene)
  const { width, height } = proportionsOf(scene.aspect, WHOLE)
  /** The object that a guess is nearest to. */
  const meant = (guess: Box, least: number): number | undefined => {
    const overlaps = boxes.map((box) => boxIou(box, guess))
    const most = Math.max(...overlaps)
    return most >= least ? overlaps.indexOf(most) : undefined
  }
  return boxes.flatMap(({ x, y, w, h }) =>
    Array.from({ length: EACH }, () => {
      if (rng.int(anywhereOneIn) === 0) {
        const long = rng.uniform(...SIZES)
        const [cx, cy] = [rng.uniform(0, width), rng.uniform(0, height)]
        const box = { x: cx - long / 2, y: cy - long / 2, w: long, h: long }
        return { box, object: meant(box, MEANT) }
      }
      const grown = Math.exp(rng.uniform(-most.size, most.size))
      const off = () => rng.uniform(-most.middle, most.middle)
      const [cx, cy] = [x + w * (0.5 + off()), y + h * (0.5 + off())]
      const box = { x: cx - (w * grown) / 2, y: cy - (h * grown) / 2, w: w * grown, h: h * grown }
      return { box, object: meant(box, 0) }
    }),
  )
}

/** The window about a guess: of what is outside the scene it shows the mean colour. */
function windowOf(
  scene: ComposedScene,
  { box, object }: Guess,
  { side, around, mean }: { readonly side: number; readonly around: number; readonly mean: readonly number[] },
): Window {
  const { kx, ky } = proportionsOf(scene.aspect, WHOLE)
  const { x: left, y: top, w: long } = squareAround(box, around)
  const area = side * side
  const rgb = new Uint8Array(3 * area)
  const owner = new Uint8Array(area)
  const plane = WHOLE * WHOLE
  const at = (share: number, from: number, k: number) => (from + share * long) * k
  for (let y = 0, i = 0; y < side; y++)
    for (let x = 0; x < side; x++, i++) {
      const [column, row] = [Math.floor(at((x + 0.5) / side, left, kx)), Math.floor(at((y + 0.5) / side, top, ky))]
      if (object !== undefined && column >= 0 && row >= 0 && column < WHOLE && row < WHOLE)
        owner[i] = Number(scene.owner[row * WHOLE + column] === object + 1)
      const sum = [0, 0, 0]
      for (const dy of [0.25, 0.75])
        for (const dx of [0.25, 0.75]) {
          const [u, v] = [at((x + dx) / side, left, kx) - 0.5, at((y + dy) / side, top, ky) - 0.5]
          for (let c = 0; c < 3; c++) sum[c]! += sample(scene.rgb, c * plane, u, v) ?? mean[c]!
        }
      for (let c = 0; c < 3; c++) rgb[c * area + i] = Math.round((255 * sum[c]!) / 4)
    }
  if (object === undefined) return { rgb, owner, objects: [] }
  const whole = boxesIn(scene)[object]!
  const inside = (x: number) => Math.min(1, Math.max(0, x))
  const [x0, x1] = [inside((whole.x - left) / long), inside((whole.x + whole.w - left) / long)]
  const [y0, y1] = [inside((whole.y - top) / long), inside((whole.y + whole.h - top) / long)]
  if (x1 <= x0 || y1 <= y0 || !owner.includes(1)) return { rgb, owner: owner.fill(0), objects: [] }
  return { rgb, owner, objects: [{ concept: 0, box: [(x0 + x1) / 2, (y0 + y1) / 2, x1 - x0, y1 - y0] }] }
}

/** Between the four nearest pixels of a square plane; undefined outside it. */
function sample(data: Float32Array, offset: number, u: number, v: number): number | undefined {
  if (u < -0.5 || v < -0.5 || u >= WHOLE - 0.5 || v >= WHOLE - 0.5) return undefined
  const [x, y] = [Math.min(WHOLE - 1.001, Math.max(0, u)), Math.min(WHOLE - 1.001, Math.max(0, v))]
  const [x0, y0] = [Math.floor(x), Math.floor(y)]
  const [dx, dy] = [x - x0, y - y0]
  const p = offset + y0 * WHOLE + x0
  const upper = data[p]! * (1 - dx) + data[p + 1]! * dx
  const lower = data[p + WHOLE]! * (1 - dx) + data[p + WHOLE + 1]! * dx
  return upper * (1 - dy) + lower * dy
}
