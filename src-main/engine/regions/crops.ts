import { overWhite, type Pixels } from '../data/pixels.ts'
import { outputSize, preprocess } from '../data/preprocess.ts'
import { imageFeature, type Model, paramsFor } from '../models/model.ts'
import { BatchSession } from '../runtime/infer.ts'
import { cut } from '../segmentation/views.ts'
import { batchOf, unitRows } from '../tasks/embed.ts'
import { clipBox } from '#shared/geometry/box.ts'
import type { Box } from '#shared/model/shape.ts'

/** A crop's size in that of its region: the second shows some of what is around it (Gu et al. 2022, §3.2). */
const SCALES = [1, 1.5]

/** The part of an RGB image that a box scaled about its centre covers; at least the pixel at its corner. */
export function cropOf(image: Pixels, box: Box, scale: number): Pixels {
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

export interface CropOptions {
  /** Sizes of a region's crops in that of the region. */
  readonly scales?: readonly number[]
  /** Whether a crop is a square, for a model that knows things in their own proportions. */
  readonly square?: boolean
}

/** The image tower that looks at regions, each by itself. */
export class Crops {
  private session?: Promise<BatchSession>

  constructor(
    private readonly model: Model,
    private readonly options: CropOptions = {},
  ) {}

  /**
   * Features [n, dim] of regions, each the mean of its crops' features, of length 1. A crop is resized as a whole, whatever
   * its proportions: nothing of the region is cut off but what a square of it has outside the image.
   */
  async features(pixels: Pixels, boxes: readonly Box[]): Promise<Float32Array> {
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
    const n = scales.length
    const { y } = await session.run(boxes.length * n, (row, into, slot) => {
      const box = boxes[Math.floor(row / n)]!
      preprocess(cropOf(image, square ? squareAround(box) : box, scales[row % n]!), config, into['pixels'] as Float32Array, slot * size)
    })
    const d = model.dim
    unitRows(y!, d)
    const rows = new Float32Array(boxes.length * d)
    for (let i = 0; i < boxes.length * n; i++) for (let j = 0; j < d; j++) rows[Math.floor(i / n) * d + j]! += y![i * d + j]! / n
    return unitRows(rows, d)
  }

  async release(): Promise<void> {
    await (await this.session?.catch(() => undefined))?.release()
    this.session = undefined
  }
}
