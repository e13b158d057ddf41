/** How a picture is shown to a model whose input has a fixed size. */
import { overWhite, type Pixels } from '../data/pixels.ts'
import { resize } from '../data/resample.ts'
import { cropAndNormalise, methodOf, type PreprocessConfig } from '../data/preprocess.ts'
import type { Size } from './planes.ts'

/** Sides of the canvas in windows, at most: a longer picture is squashed along its longest side. */
const MOST_WINDOWS = 16

/** A picture resized to a canvas, and the top-left corners of the windows that cover it. */
export interface Views {
  readonly canvas: Size
  readonly windows: readonly { readonly x: number; readonly y: number }[]
}

/**
 * The canvas has the picture's proportions; its shorter side is `detail` windows long. Windows overlap by at least half,
 * as in NACLIP and its predecessors (detail 1.5 there).
 */
export function viewsOf(picture: Size, window: Size, detail = 1): Views {
  const scale = detail * Math.max(window.width / picture.width, window.height / picture.height)
  const side = (of: number, by: number) => Math.min(MOST_WINDOWS * by, Math.max(by, Math.round(of * scale)))
  const canvas = { width: side(picture.width, window.width), height: side(picture.height, window.height) }
  const [xs, ys] = [starts(canvas.width, window.width), starts(canvas.height, window.height)]
  return { canvas, windows: ys.flatMap((y) => xs.map((x) => ({ x, y }))) }
}

/** Evenly spread, from the first to the last pixel. */
function starts(length: number, window: number): number[] {
  const steps = Math.ceil((length - window) / Math.max(1, Math.floor(window / 2)))
  return Array.from({ length: steps + 1 }, (_, i) => (steps ? Math.round((i * (length - window)) / steps) : 0))
}

/** Normalised pixels [3, height, width] of each window. */
export function* windowsIn(pixels: Pixels, config: PreprocessConfig, window: Size, { canvas, windows }: Views): Generator<Float32Array> {
  const image = resize(overWhite(pixels), canvas.width, canvas.height, methodOf(config))
  const uncropped = { ...config, do_center_crop: false }
  for (const { x, y } of windows) {
    const out = new Float32Array(3 * window.width * window.height)
    cropAndNormalise(cut(image, x, y, window), uncropped, out, 0)
    yield out
  }
}

/** A part of an RGB image. */
export function cut(image: Pixels, x: number, y: number, { width, height }: Size): Pixels {
  const data = new Uint8Array(width * height * 3)
  for (let row = 0; row < height; row++) {
    const from = ((y + row) * image.width + x) * 3
    data.set(image.data.subarray(from, from + width * 3), row * width * 3)
  }
  return { width, height, channels: 3, data }
}
