import { overWhite, type Pixels } from '../data/pixels.ts'
import { outputSize, preprocess } from '../data/preprocess.ts'
import { imageFeature, type Model, paramsFor } from '../models/model.ts'
import { BatchSession } from '../runtime/infer.ts'
import { cut } from '../segmentation/views.ts'
import { batchOf, unitRows } from '../tasks/embed.ts'
import { clipBox } from '#shared/geometry/box.ts'
import type { Box } from '#shared/model/shape.ts'
import { rleArea } from '#shared/geometry/rle.ts'
import { aloneIn } from './alone.ts'
import type { Region } from './sources.ts'

/** A crop's size in that of its region: the second shows some of what is around it (Gu et al. 2022, §3.2). */
const SCALES = [1, 1.5]

/** The part of an RGB image that a box scaled about its centre covers; at least the pixel at its corner. */
function cropOf(image: Pixels, box: Box, scale: number): Pixels {
  const [w, h] = [box.w * scale, box.h * scale]
  const inside = clipBox({ x: box.x + (box.w - w) / 2, y: box.y + (box.h - h) / 2, w, h }, image.width, image.height) ?? box
  const left = Math.min(image.width - 1, Math.max(0, Math.floor(inside.x)))
  const top = Math.min(image.height - 1, Math.max(0, Math.floor(inside.y)))
  const right = Math.min(image.width, Math.max(left + 1, Math.ceil(inside.x + inside.w)))
  const bottom = Math.min(image.height, Math.max(top + 1, Math.ceil(inside.y + inside.h)))
  return cut(image, left, top, { width: right - left, height: bottom - top })
}

/** The square about a box's centre that is `scale` times as large as the smallest around it. */
export function squareAround({ x, y, w, h }: Box, scale = 1): Box {
  const side = scale * Math.max(w, h)
  return { x: x + (w - side) / 2, y: y + (h - side) / 2, w: side, h: side }
}

type Seeable = Pick<Region, 'box' | 'mask'>

export interface CropOptions {
  /** Sizes of a region's crops in that of the region. */
  readonly scales?: readonly number[]
  /** Whether a crop is a square, for a model that knows things in their own proportions. */
  readonly square?: boolean
  /** A region with a mask is looked at alone on white, too: upright, and turned by so many degrees. */
  readonly turns?: readonly number[]
}

/** Features of regions, several of each. */
export interface Views {
  /** [views, dim], each of length 1. */
  readonly features: Float32Array
  /** The region of each: those of one follow each other, its crop first. */
  readonly regionOf: readonly number[]
}

/**
 * What views say of their regions together: of each word the mean of how it fits the crop and how it fits the thing alone, as it
 * lies best: things lie turned, and the tower knows most of them upright.
 * @param logits [views, n] @returns [regions, n]
 */
export function joinViews(logits: Float32Array, regionOf: readonly number[], regions: number): Float32Array {
  const n = logits.length / regionOf.length || 0
  const [crops, alone] = [new Float32Array(regions * n), new Float32Array(regions * n).fill(-Infinity)]
  regionOf.forEach((region, view) => {
    const isCrop = regionOf[view - 1] !== region
    for (let k = 0; k < n; k++) {
      const [at, logit] = [region * n + k, logits[view * n + k]!]
      if (isCrop) crops[at] = logit
      else alone[at] = Math.max(alone[at]!, logit)
    }
  })
  return crops.map((logit, at) => (alone[at] === -Infinity ? logit : (logit + alone[at]!) / 2))
}

/** Writes an input [3, height, width] into a batch at an offset. */
type Draw = (into: Float32Array, offset: number) => void

/** The means of the rows that belong together, of length 1. @param rows [of.length, dim] @returns [n, dim] */
function meanRows(rows: Float32Array, of: readonly number[], n: number): Float32Array {
  const d = rows.length / of.length
  const means = new Float32Array(n * d)
  of.forEach((mean, row) => {
    for (let j = 0; j < d; j++) means[mean * d + j]! += rows[row * d + j]!
  })
  return unitRows(means, d)
}

/** The image tower that looks at regions, each by itself. */
export class Crops {
  private session?: Promise<BatchSession>

  constructor(
    private readonly model: Model,
    private readonly options: CropOptions = {},
  ) {}

  /**
   * Features [n, dim] of regions, each the mean of its crops' features, of length 1; of one with a mask, of how it looks alone and
   * upright, too. A crop is resized as a whole, whatever its proportions: nothing of the region is cut off but what a square of it
   * has outside the image.
   */
  async features(pixels: Pixels, regions: readonly Seeable[]): Promise<Float32Array> {
    const { turns } = this.options
    const { features, regionOf } = await this.look(pixels, regions, turns && [0])
    return meanRows(features, regionOf, regions.length)
  }

  /** Each view of each region by itself: its crops, and as often as options say alone on white. */
  views(pixels: Pixels, regions: readonly Seeable[]): Promise<Views> {
    return this.look(pixels, regions, this.options.turns)
  }

  private async look(pixels: Pixels, regions: readonly Seeable[], turns: readonly number[] = []): Promise<Views> {
    const { model } = this
    const { scales = SCALES, square = false } = this.options
    const { height, width } = outputSize(model.preprocess)
    const config = { ...model.preprocess, do_resize: true, size: { height, width }, do_center_crop: false }
    const image = overWhite(pixels)
    const size = 3 * height * width
    this.session ??= BatchSession.create(batchOf(16, 16, model.image.activations(height, width)), ['pixels'], (g, b) => ({
      y: imageFeature(model, paramsFor(model, g, model.weights), g.input('pixels', 'float32', [b, 3, height, width])),
    }))
    const session = await this.session
    const views = regions.flatMap(({ box, mask }, region) => {
      const around = square ? squareAround(box) : box
      const crops = scales.map(
        (scale): Draw =>
          (into, offset) =>
            preprocess(cropOf(image, around, scale), config, into, offset),
      )
      const alone = mask && turns.length && rleArea(mask) > 0 ? aloneIn(image, mask) : undefined
      const turned =
        (turn: number): Draw =>
        (into, offset) =>
          alone!.draw(turn, { height, width }, config, into, offset)
      return [crops, ...(alone ? turns.map((turn) => [turned(turn)]) : [])].map((drawn) => ({ region, drawn }))
    })
    const draws = views.flatMap(({ drawn }) => drawn)
    const { y } = await session.run(draws.length, (row, into, slot) => draws[row]!(into['pixels'] as Float32Array, slot * size))
    const viewOf = views.flatMap(({ drawn }, view) => drawn.map(() => view))
    return { features: meanRows(unitRows(y!, model.dim), viewOf, views.length), regionOf: views.map(({ region }) => region) }
  }

  async release(): Promise<void> {
    await (await this.session?.catch(() => undefined))?.release()
    this.session = undefined
  }
}
