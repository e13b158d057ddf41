/** Square windows about boxes of an image, as inputs of models that look at one thing each. */
import { clipBox } from '#shared/geometry/box.ts'
import type { Box } from '#shared/model/shape.ts'
import { overWhite, type Pixels } from '../data/pixels.ts'
import { cropAndNormalise, methodOf, outputSize, type PreprocessConfig } from '../data/preprocess.ts'
import { resize } from '../data/resample.ts'
import { type Tensor, tensor } from '../runtime/session.ts'
import { cut } from '../segmentation/views.ts'
import { squareAround } from './crops.ts'

/** Windows that are looked at together. */
export const BATCH = 8

/**
 * The windows about boxes, in their order, with inputs of {@link BATCH} of them at a time [BATCH, 3, side, side]; the last input is
 * filled up with windows of nothing.
 * @param around a window's side in that of the box it is about
 */
export function* windowsAbout(
  pixels: Pixels,
  boxes: readonly Box[],
  around: number,
  config: PreprocessConfig,
): Generator<{ readonly windows: readonly Box[]; readonly input: Tensor }> {
  const { height, width } = outputSize(config)
  const image = overWhite(pixels)
  const volume = 3 * height * width
  for (let first = 0; first < boxes.length; first += BATCH) {
    const windows = boxes.slice(first, first + BATCH).map((box) => squareAround(box, around))
    const input = new Float32Array(BATCH * volume)
    windows.forEach((window, i) => show(image, window, config, input.subarray(i * volume, (i + 1) * volume)))
    yield { windows, input: tensor(input, 'float32', [BATCH, 3, height, width]) }
  }
}

/** Writes a window of an RGB image into an input [3, side, side]; what is outside the image is 0, the mean colour. */
export function show(image: Pixels, window: Box, config: PreprocessConfig, out: Float32Array): void {
  const side = Math.round(Math.sqrt(out.length / 3))
  const inside = clipBox(window, image.width, image.height)
  if (!inside) return
  const k = side / window.w
  const part = (from: number, length: number, start: number, most: number) => {
    const [first, end] = [Math.floor(from), Math.min(most, Math.ceil(from + length))]
    const at = Math.min(side - 1, Math.max(0, Math.round((first - start) * k)))
    return { first, of: Math.max(1, end - first), at, size: Math.max(1, Math.min(side - at, Math.round((end - first) * k))) }
  }
  const [columns, rows] = [part(inside.x, inside.w, window.x, image.width), part(inside.y, inside.h, window.y, image.height)]
  const small = resize(
    cut(image, columns.first, rows.first, { width: columns.of, height: rows.of }),
    columns.size,
    rows.size,
    methodOf(config),
  )
  const shown = new Float32Array(3 * columns.size * rows.size)
  cropAndNormalise(small, { ...config, do_center_crop: false }, shown, 0)
  for (let c = 0; c < 3; c++)
    for (let y = 0; y < rows.size; y++) {
      const from = (c * rows.size + y) * columns.size
      out.set(shown.subarray(from, from + columns.size), (c * side + rows.at + y) * side + columns.at)
    }
}
