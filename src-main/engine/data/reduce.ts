/** Images at a working size: no larger than their random views need. */
import type { Sharp } from 'sharp'
import type { DeepSamples } from '#shared/model/deep.ts'
import { decodeImage, PIXEL_LIMIT, readBytes } from './decode.ts'
import { formatOf, isForeign } from './formats.ts'
import type { Pixels } from './pixels.ts'
import type { Size } from './raster.ts'
import { sharp } from './sharp.ts'

/**
 * How many times smaller an image may become, as a whole number, so that neither side falls below `least` (which need not be
 * whole): 1 where it stays as it is.
 */
export const reductionOf = ({ width, height }: Size, least: Size): number =>
  Math.max(1, Math.floor(Math.min(width / least.width, height / least.height)))

/**
 * Decodes an image as RGBA and reduces it by {@link reductionOf}, each side rounded up, with a Lanczos filter; an image that
 * stays as it is has the pixels of {@link decodeImage}. A JPEG is reduced by halves while it is decoded (libjpeg's scaled
 * inverse cosine transform), which takes less than half the time of all its pixels. A function of the file's bytes and
 * `least` alone.
 * @returns pixels in memory that threads share
 * @throws what {@link decodeImage} throws
 */
export async function decodeReduced(file: string, least: Size, deep?: DeepSamples): Promise<Pixels> {
  const bytes = await readBytes(file)
  const quick = await whileDecoding(bytes, least).catch(() => undefined)
  if (quick) return quick
  // Also what has failed: whose fault that is, is told in one place.
  const whole = await decodeImage(bytes, file, { alpha: 'keep', deep })
  const times = reductionOf(whole, least)
  const { width, height, channels } = whole
  return times === 1
    ? shared(whole)
    : reduced(sharp(whole.data, { raw: { width, height, channels }, limitInputPixels: false }), whole, times)
}

/** Undefined for what libvips alone would not decode as {@link decodeImage} does, and for what stays as it is. */
async function whileDecoding(bytes: Uint8Array, least: Size): Promise<Pixels | undefined> {
  const format = formatOf(bytes)
  if (!format || isForeign(format)) return undefined
  const { autoOrient, space, depth, hasAlpha } = await sharp(bytes, { limitInputPixels: PIXEL_LIMIT }).metadata()
  const times = reductionOf(autoOrient, least)
  if (times === 1 || hasAlpha || depth !== 'uchar' || (space !== 'srgb' && space !== 'b-w')) return undefined
  const image = sharp(bytes, { failOn: 'error', limitInputPixels: PIXEL_LIMIT, ignoreIcc: true, autoOrient: true })
  return reduced(image.toColourspace('srgb'), autoOrient, times)
}

async function reduced(image: Sharp, whole: Size, times: number): Promise<Pixels> {
  const size = { width: Math.ceil(whole.width / times), height: Math.ceil(whole.height / times) }
  const data = await image
    .resize({ ...size, fit: 'fill', kernel: 'lanczos3' })
    .ensureAlpha()
    .raw({ depth: 'uchar' })
    .toBuffer()
  return shared({ ...size, channels: 4, data })
}

function shared(pixels: Pixels): Pixels {
  const data = new Uint8Array(new SharedArrayBuffer(pixels.data.length))
  data.set(pixels.data)
  return { ...pixels, data }
}
