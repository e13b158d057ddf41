import { z } from 'zod'
import type { Pixels } from './pixels.ts'
import { MOST, randAugment } from './rand-augment.ts'
import type { Size } from './raster.ts'
import { Rng } from './rng.ts'
import { GRID, render, type Normalisation, type View } from './render.ts'

const fraction = z.number().min(0).max(1)

/**
 * Random augmentations of a training image; the defaults change nothing. Flat, so that a recipe can set any field by
 * name.
 */
export const augmentSchema = z.strictObject({
  /**
   * Random resized crop: the crop's area relative to the image's, uniform in [minScale, maxScale]; above 1 it zooms
   * out.
   */
  minScale: z.number().positive().max(1).default(1),
  maxScale: z.number().min(1).max(4).default(1),
  /** The crop's aspect ratio relative to the image's, log-uniform in [1/aspect, aspect]. */
  aspect: z.number().min(1).max(4).default(1),
  /** Probability of a horizontal flip. */
  flip: fraction.default(0),
  /** Largest rotation in degrees, in either direction. */
  rotate: z.number().min(0).max(180).default(0),
  /** Largest horizontal shear in degrees, in either direction. */
  shear: z.number().min(0).max(60).default(0),
  /** Colour jitter: factors uniform in [1 − v, 1 + v]; contrast about middle grey. */
  brightness: fraction.default(0),
  contrast: fraction.default(0),
  saturation: fraction.default(0),
  /** Largest hue shift, as a fraction of the colour circle. */
  hue: z.number().min(0).max(0.5).default(0),
  /** Probability of conversion to greyscale. */
  grayscale: fraction.default(0),
  /** For images with alpha: the probability of a random background (plain, gradient or cloudy) instead of white. */
  background: fraction.default(0),
  /** RandAugment on top of these (rand-augment.ts): how many operations, and how strong. */
  operations: z.int().min(0).max(10).default(0),
  magnitude: z.int().min(0).max(MOST).default(0),
})
export type AugmentConfig = z.output<typeof augmentSchema>

/**
 * The random stream of one view of one image. It depends only on these three numbers, so not on the thread or the
 * batch.
 */
export const augmentRng = (seed: number, epoch: number, index: number) => Rng.of(seed, epoch, index)

/**
 * Renders one random view of an image: `out[offset …]` gets 3 · height · width float32 in CHW order, normalised by
 * mean and standard deviation as in CLIP's preprocessing. Crop, flip, rotation and shear form one affine map, sampled
 * bilinearly; when it minifies, several samples are averaged per output pixel. All colour changes form one affine map
 * too. A transparent image is composited over white or a random background; an opaque one is extended by its edge
 * pixels. Every view takes the same number of draws from `rng`, whatever the configuration; those of RandAugment, which works on
 * the bytes of the view, come after them.
 */
export function augment(
  pixels: Pixels,
  size: { height: number; width: number },
  config: AugmentConfig,
  normalisation: Normalisation,
  rng: Rng,
  out: Float32Array,
  offset = 0,
): void {
  const view = { place: place(pixels, config, rng), colour: colour(config, rng), ground: ground(config, rng) }
  if (config.operations === 0) return render(pixels, size, view, normalisation, out, offset)
  const area = size.width * size.height
  const plain = new Float32Array(3 * area)
  render(pixels, size, view, { image_mean: [0, 0, 0], image_std: [1, 1, 1] }, plain, 0)
  const bytes = Uint8Array.from(plain, (_, at) => Math.round(255 * plain[(at % 3) * area + Math.floor(at / 3)]!))
  const varied = randAugment({ ...size, data: bytes }, { count: config.operations, magnitude: config.magnitude }, rng)
  const { image_mean: mean, image_std: std } = normalisation
  for (let c = 0; c < 3; c++) for (let i = 0; i < area; i++) out[offset + c * area + i] = (varied[3 * i + c]! / 255 - mean[c]!) / std[c]!
}

function place({ width, height }: Pixels, config: AugmentConfig, rng: Rng): View['place'] {
  const scale = rng.uniform(config.minScale, config.maxScale)
  const stretch = Math.exp(rng.uniform(-1, 1) * Math.log(config.aspect))
  const w = width * Math.sqrt(scale * stretch)
  const h = height * Math.sqrt(scale / stretch)
  // The crop stays inside the image, or the image inside the crop if the crop is larger.
  const x0 = width / 2 + rng.uniform(-0.5, 0.5) * Math.abs(width - w)
  const y0 = height / 2 + rng.uniform(-0.5, 0.5) * Math.abs(height - h)
  const mirror = rng.chance(config.flip) ? -1 : 1
  const angle = (rng.uniform(-config.rotate, config.rotate) * Math.PI) / 180
  const shear = Math.tan((rng.uniform(-config.shear, config.shear) * Math.PI) / 180)
  const [sin, cos] = [Math.sin(angle), Math.cos(angle)]
  return { x0, xu: cos * w * mirror, xv: (cos * shear - sin) * h, y0, yu: sin * w * mirror, yv: (sin * shear + cos) * h }
}

/** The least size of an image of which every view, at `size`, still has a pixel for each of its own. */
export function leastSize({ width, height }: Size, { minScale, aspect }: AugmentConfig): Size {
  const side = Math.sqrt(minScale / aspect)
  return { width: width / side, height: height / side }
}

const LUMA = [0.299, 0.587, 0.114] as const // Rec. 601, as Pillow's and torchvision's grey

/**
 * Hue (a rotation about the grey axis), saturation, contrast and brightness are all linear: their product is one
 * matrix.
 */
export function colour(config: AugmentConfig, rng: Rng): View['colour'] {
  const factor = (v: number) => 1 + rng.uniform(-v, v)
  const brightness = factor(config.brightness)
  const contrast = factor(config.contrast)
  const jitter = factor(config.saturation)
  const turn = rng.uniform(-config.hue, config.hue) * 2 * Math.PI
  const saturation = rng.chance(config.grayscale) ? 0 : jitter
  const [cos, sin] = [Math.cos(turn), Math.sin(turn) / Math.sqrt(3)]
  const matrix = new Float64Array(12)
  // Rodrigues' rotation about (1, 1, 1)/√3.
  const hue = (row: number, column: number) => {
    if (row === column) return cos + (1 - cos) / 3
    return (1 - cos) / 3 + ((column - row + 3) % 3 === 2 ? sin : -sin)
  }
  for (let column = 0; column < 3; column++) {
    let grey = 0
    for (let k = 0; k < 3; k++) grey += LUMA[k]! * hue(k, column)
    for (let row = 0; row < 3; row++) {
      matrix[row * 4 + column] = brightness * contrast * (saturation * hue(row, column) + (1 - saturation) * grey)
    }
  }
  for (let row = 0; row < 3; row++) matrix[row * 4 + 3] = brightness * 0.5 * (1 - contrast)
  return matrix
}

/** The colours of the background's grid: all equal (plain), collinear (gradient) or independent (cloudy). */
function ground(config: AugmentConfig, rng: Rng): View['ground'] {
  const used = rng.chance(config.background)
  const kind = rng.int(3)
  const angle = rng.uniform(0, 2 * Math.PI)
  const colours = new Float32Array(GRID * GRID * 3)
  for (let i = 0; i < colours.length; i++) colours[i] = rng.uniform()
  if (!used) return undefined
  if (kind === 2) return colours
  const [dx, dy] = kind === 0 ? [0, 0] : [Math.cos(angle) / GRID, Math.sin(angle) / GRID]
  const grid = new Float32Array(GRID * GRID * 3)
  for (let y = 0; y < GRID; y++) {
    for (let x = 0; x < GRID; x++) {
      const t = Math.min(1, Math.max(0, 0.5 + (x - 1.5) * dx + (y - 1.5) * dy))
      for (let c = 0; c < 3; c++) grid[(y * GRID + x) * 3 + c] = colours[c]! * (1 - t) + colours[3 + c]! * t
    }
  }
  return grid
}
