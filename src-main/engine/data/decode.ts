import { readFile, stat } from 'node:fs/promises'
import type { Sharp } from 'sharp'
import { dataError } from '#shared/errors.ts'
import { sentenceIn } from '#shared/sentences/read.ts'
import { sentence } from '#shared/sentences/table.ts'
import type { DeepSamples } from '#shared/model/deep.ts'
import { ioError } from '../../files/words.ts'
import { toBytes } from './deep.ts'
import { decodeForeign } from './foreign.ts'
import { formatOf, isForeign, notAnImage } from './formats.ts'
import { overWhite, type Pixels } from './pixels.ts'
import { checkSize, type Raster, TooManyPixels } from './raster.ts'
import { sharp } from './sharp.ts'

/**
 * Images of more pixels than this are refused before they are decoded: 0x3FFF², the order of Pillow's and libvips'
 * limits.
 */
export const PIXEL_LIMIT = 0x3fff * 0x3fff
/** Increment whenever decoding changes pixels: 2 clips 16-bit grey, as Pillow does; 3 offsets signed grey of JPEG 2000. */
export const DECODER = 3

export interface DecodeOptions {
  /**
   * Treatment of transparency. `drop`: RGB without alpha, like `PIL.Image.convert('RGB')`. `white`: composited over
   * white, like `transformers` ≥ 5 does for CLIP. `keep`: RGBA, opaque if the file has no alpha. Default `drop`.
   */
  alpha?: 'drop' | 'white' | 'keep'
  /** How samples of more than 8 bits are reduced to bytes. Default `clip`, as in Pillow. */
  deep?: DeepSamples
  pixelLimit?: number
}

/**
 * Decodes a raster image (JPEG, PNG, WebP, GIF, TIFF, AVIF, BMP, JPEG 2000) to upright sRGB bytes. EXIF orientation
 * is applied here and nowhere else; of an animation or a multi-page file, the first frame is used. Byte-identical to
 * Pillow's `exif_transpose(open(f)).convert('RGB')`, except for AVIF and JPEG within TIFF, whose decoders differ by a
 * few levels, and Lab, which Pillow does not convert. Embedded colour profiles are ignored, as in Pillow.
 * @param source a path, or the file's bytes
 * @param name the image's name in errors; the path by default
 * @throws dataError: missing, empty, unknown format (SVG is not raster), truncated or damaged, too many pixels
 */
export async function decodeImage(source: string | Uint8Array, name?: string, options: DecodeOptions = {}): Promise<Pixels> {
  const { alpha = 'drop', deep = 'clip', pixelLimit = PIXEL_LIMIT } = options
  const label = name ?? (typeof source === 'string' ? source : 'image')
  const bytes = typeof source === 'string' ? await readBytes(source, label) : source
  if (bytes.length === 0) throw dataError(label, sentence('image.empty'))
  const format = formatOf(bytes)
  if (!format) throw dataError(label, notAnImage(bytes))
  try {
    const pixels = isForeign(format)
      ? fromRaster(await decodeForeign({ format, bytes, pixelLimit }), deep)
      : await bySharp(bytes, deep, pixelLimit, alpha === 'drop')
    return inForm(pixels, alpha)
  } catch (e) {
    if (e instanceof Error && e.name === 'DashiError') throw e
    const reason = (e instanceof Error ? e.message : String(e)).split('\n')[0]
    if (/labq?\b/i.test(reason!)) throw dataError(label, sentence('image.lab'), e)
    throw dataError(
      label,
      e instanceof TooManyPixels ? (sentenceIn(e.message) ?? e.message) : sentence('image.damaged', { format, reason: reason! }),
      e,
    )
  }
}

async function bySharp(bytes: Uint8Array, deep: DeepSamples, pixelLimit: number, drop: boolean): Promise<Pixels> {
  const { width, height, space, depth, hasAlpha } = await sharp(bytes, { limitInputPixels: false }).metadata()
  checkSize({ width, height }, pixelLimit)
  const image = sharp(bytes, { failOn: 'error', limitInputPixels: pixelLimit, ignoreIcc: true, autoOrient: true })
  if (space === 'cmyk') return fromCmyk(await raw(image.pipelineColourspace('cmyk').toColourspace('cmyk')))
  const grey = space === 'grey16' || space === 'b-w'
  if (depth !== 'uchar' && !hasAlpha && (grey || (deep === 'percentiles' && space === 'rgb16')))
    return fromDeep(image.pipelineColourspace(space!).toColourspace(space!), deep, depth === 'ushort')
  const rgb = image.toColourspace('srgb')
  return (await raw(drop ? rgb.removeAlpha() : rgb.ensureAlpha())) as Pixels
}

/** RGB from one or three samples per pixel of more than 8 bits. */
async function fromDeep(image: Sharp, deep: DeepSamples, sixteen: boolean): Promise<Pixels> {
  const { data, info } = await image.raw({ depth: 'float' }).toBuffer({ resolveWithObject: true })
  const { width, height, channels } = info
  const bytes = toBytes(new Float32Array(data.buffer, data.byteOffset, width * height * channels), deep, sixteen ? SIXTEEN : undefined)
  return fromRaster({ width, height, channels: channels as 1 | 3, data: bytes }, deep)
}

const SIXTEEN = [0, 65535] as const

/** RGB, or RGBA if there is alpha. */
function fromRaster({ width, height, channels, data }: Raster, deep: DeepSamples): Pixels {
  const bytes = data instanceof Uint16Array ? toBytes(data, deep, SIXTEEN) : data
  if (channels >= 3) return { width, height, channels: channels as 3 | 4, data: bytes }
  const to = channels === 1 ? 3 : 4
  const out = new Uint8Array(width * height * to)
  for (let i = 0, o = 0; o < out.length; i += channels, o += to) {
    out[o] = out[o + 1] = out[o + 2] = bytes[i]!
    if (to === 4) out[o + 3] = bytes[i + 1]!
  }
  return { width, height, channels: to, data: out }
}

/** Applies `alpha`: drops it, composites over white, or keeps it. */
function inForm(pixels: Pixels, alpha: NonNullable<DecodeOptions['alpha']>): Pixels {
  if (alpha === 'white') return overWhite(pixels)
  const to = alpha === 'keep' ? 4 : 3
  const { width, height, channels, data } = pixels
  if (channels === to) return pixels
  const out = new Uint8Array(width * height * to).fill(255)
  for (let i = 0, o = 0; o < out.length; i += channels, o += to) for (let c = 0; c < 3; c++) out[o + c] = data[i + c]!
  return { width, height, channels: to, data: out }
}

/** Reads a whole file. @throws dataError naming `label` */
export async function readBytes(file: string, label = file): Promise<Uint8Array> {
  try {
    const info = await stat(file)
    if (!info.isFile() && !info.isDirectory()) throw dataError(label, sentence('image.special')) // reading a pipe or a device may never end
    return await readFile(file)
  } catch (e) {
    const code = (e as NodeJS.ErrnoException).code
    if (code === 'ENOENT' || code === 'EISDIR')
      throw dataError(label, sentence(code === 'ENOENT' ? 'model.no-such-file' : 'image.folder'), e)
    throw ioError(label, 'read', e)
  }
}

async function raw(image: Sharp) {
  const { data, info } = await image.raw({ depth: 'uchar' }).toBuffer({ resolveWithObject: true })
  return {
    width: info.width,
    height: info.height,
    channels: info.channels,
    data: new Uint8Array(data.buffer, data.byteOffset, data.length),
  }
}

/** Pillow's `cmyk2rgb` (Convert.c): 255 − k − c(255 − k)/255, the product rounded as its MULDIV255. */
function fromCmyk(image: { width: number; height: number; data: Uint8Array; channels: number }): Pixels {
  const { width, height, data } = image
  const out = new Uint8Array(width * height * 3)
  for (let i = 0, o = 0; o < out.length; i += image.channels, o += 3) {
    const light = 255 - data[i + 3]!
    for (let c = 0; c < 3; c++) {
      const product = data[i + c]! * light + 128
      out[o + c] = Math.max(0, light - (((product >> 8) + product) >> 8))
    }
  }
  return { width, height, channels: 3, data: out }
}
