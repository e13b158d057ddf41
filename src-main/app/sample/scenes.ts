import type { Concept, Style } from '#shared/model/sample.ts'
import { rleFromBitmap } from '#shared/geometry/rle.ts'
import { makeBackground } from './backgrounds.ts'
import { counted, isCountable, listed, withArticle } from './phrases.ts'
import { randomOf, type Random } from './random.ts'
import { renderPictograph, type Rgba } from './render.ts'

export const sceneWidth = 640
export const sceneHeight = 480
/** Alpha threshold: a pixel belongs to an object that covers at least half of it. */
const opaque = 128
/** The minimum visible share, and number of visible pixels, of every object. */
const minVisible = { share: 0.45, pixels: 200 }

/** A picture available to scenes. */
export interface Sprite {
  concept: Concept
  style: Style
}

export interface SceneObject extends Sprite {
  /** x, y, width, height in px, tight around the visible pixels. */
  bbox: [number, number, number, number]
  /** Visible pixels. */
  area: number
  segmentation: { size: [number, number]; counts: string }
  caption: string
}

export interface Scene {
  /** 640 × 480, RGB. */
  rgb: Uint8Array
  objects: SceneObject[]
  captions: string[]
}

interface Placed extends Sprite {
  /** Pixels the object covered when placed, and those still visible. */
  whole: number
  visible: number
}

/** Whether a caption can count it in correct English. */
export const suitsScene = (concept: Concept) =>
  isCountable(concept.name) &&
  ['animals-nature', 'food-drink', 'travel-places', 'activities', 'objects'].includes(concept.group) &&
  !['place-other', 'place-geographic', 'event'].includes(concept.subgroup)

/** Generates the scene of that name, identically on every machine. Objects are in painting order, lowest first. */
export async function makeScene(name: string, sprites: readonly Sprite[]): Promise<Scene> {
  const random = randomOf(name)
  const { rgb, phrase } = makeBackground(random, sceneWidth, sceneHeight)
  const owner = new Uint8Array(sceneWidth * sceneHeight) // 0: background, i: object i
  const placed: Placed[] = []
  const wanted = random.integer(3, 9)
  for (let tries = 0; placed.length < wanted && tries < 60; tries++) {
    const sprite = chooseSprite(random, sprites, placed)
    const picture = await renderPictograph(sprite.concept, sprite.style, Math.round(random.between(48, 200)), chooseAngle(random))
    const x = Math.round(random.between(-0.1 * picture.width, sceneWidth - 0.9 * picture.width))
    const y = Math.round(random.between(-0.1 * picture.height, sceneHeight - 0.9 * picture.height))
    if (tryPlace(picture, x, y, owner, placed, sprite)) paint(picture, x, y, rgb)
  }
  const objects = placed.map((sprite, i) => describe(sprite, owner, i + 1))
  return { rgb, objects, captions: captionScene(objects, phrase) }
}

/** One that is there already, three times in ten; its concept may be drawn in another style. */
export function chooseSprite<S extends Pick<Sprite, 'concept'>>(
  random: Random,
  sprites: readonly S[],
  placed: readonly Pick<Sprite, 'concept'>[],
): S {
  if (!placed.length || random.next() > 0.3) return random.pick(sprites)
  const { concept } = random.pick(placed)
  return random.pick(sprites.filter((s) => s.concept.id === concept.id))
}

/** Mostly near upright, sometimes any angle. Degrees, rounded to a tenth. */
export const chooseAngle = (random: Random) =>
  Math.round((random.next() < 0.8 ? random.between(-25, 25) : random.between(-180, 180)) * 10) / 10

function* coveredPixels({ width, height, data }: Rgba, left: number, top: number) {
  for (let y = Math.max(0, -top); y < Math.min(height, sceneHeight - top); y++)
    for (let x = Math.max(0, -left); x < Math.min(width, sceneWidth - left); x++)
      if (data[(y * width + x) * 4 + 3]! >= opaque) yield (top + y) * sceneWidth + left + x
}

/** Marks the picture's pixels in `owner`, unless it would hide too much or be hidden itself. Returns whether it was placed. */
function tryPlace(picture: Rgba, left: number, top: number, owner: Uint8Array, placed: Placed[], sprite: Sprite): boolean {
  const pixels = [...coveredPixels(picture, left, top)]
  const hidden = new Uint32Array(placed.length + 1)
  for (const at of pixels) hidden[owner[at]!]!++
  const stays = ({ visible, whole }: Placed, i: number) => visible - hidden[i + 1]! >= Math.max(minVisible.pixels, minVisible.share * whole)
  if (pixels.length < minVisible.pixels || !placed.every(stays)) return false
  placed.forEach((p, i) => (p.visible -= hidden[i + 1]!))
  placed.push({ ...sprite, whole: pixels.length, visible: pixels.length })
  for (const at of pixels) owner[at] = placed.length
  return true
}

function paint({ width, height, data }: Rgba, left: number, top: number, rgb: Uint8Array) {
  for (let y = Math.max(0, -top); y < Math.min(height, sceneHeight - top); y++)
    for (let x = Math.max(0, -left); x < Math.min(width, sceneWidth - left); x++) {
      const from = (y * width + x) * 4
      const to = ((top + y) * sceneWidth + left + x) * 3
      const a = data[from + 3]!
      for (let c = 0; c < 3; c++) rgb[to + c] = Math.round((data[from + c]! * a + rgb[to + c]! * (255 - a)) / 255)
    }
}

function describe({ concept, style }: Sprite, owner: Uint8Array, mark: number): SceneObject {
  const bitmap = new Uint8Array(owner.length)
  let [left, top, right, bottom, area] = [sceneWidth, sceneHeight, 0, 0, 0]
  for (let at = owner.indexOf(mark); at >= 0; at = owner.indexOf(mark, at + 1)) {
    bitmap[at] = 1
    area++
    const [x, y] = [at % sceneWidth, Math.floor(at / sceneWidth)]
    left = Math.min(left, x)
    right = Math.max(right, x + 1)
    top = Math.min(top, y)
    bottom = Math.max(bottom, y + 1)
  }
  const { size, counts } = rleFromBitmap(bitmap, sceneHeight, sceneWidth)
  return {
    concept,
    style,
    bbox: [left, top, right - left, bottom - top],
    area,
    segmentation: { size: [size[0], size[1]], counts },
    caption: `${withArticle(concept.name)} ${placeOf((left + right) / 2 / sceneWidth, (top + bottom) / 2 / sceneHeight)}`,
  }
}

/** Names the position of a point given as 0 to 1 from the left and the top. */
function placeOf(x: number, y: number): string {
  const third = (v: number) => Math.min(2, Math.floor(v * 3))
  const row = ['top', '', 'bottom'][third(y)]!
  const column = ['left', '', 'right'][third(x)]!
  if (row && column) return `at the ${row} ${column}`
  if (column) return `on the ${column}`
  return row ? `at the ${row}` : 'in the middle'
}

/** Two captions: one counts everything, the other names the largest object first. */
function captionScene(objects: readonly SceneObject[], background: string): string[] {
  const tally = new Map<string, number>()
  for (const { concept } of objects) tally.set(concept.name, (tally.get(concept.name) ?? 0) + 1)
  const all = listed([...tally].map(([name, n]) => counted(n, name)))
  const bySize = [...objects].sort((a, b) => b.area - a.area)
  const [largest, ...others] = [...new Set(bySize.map((o) => o.concept.name))]
  const beside = others.length ? ` with ${listed(others.slice(0, 2).map(withArticle))}` : ''
  return [`${all} on ${background}`, `a picture of ${withArticle(largest!)}${beside}`]
}
