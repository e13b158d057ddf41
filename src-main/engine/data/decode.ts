import { readFile, stat } from 'node:fs/promises'
import sharp, { type Sharp } from 'sharp'
import { dataError } from '#shared/errors.ts'
import { ioError } from '../../files/words.ts'
import { overWhite, type Pixels } from './pixels.ts'

/** Images of more pixels than this are refused before they are unpacked: 0x3FFF², Pillow's and libvips' own order. */
export const PIXEL_LIMIT = 0x3fff * 0x3fff

export interface DecodeOptions {
  /**
   * What becomes of transparency. `drop`: RGB with alpha forgotten, as `PIL.Image.convert('RGB')`. `white`: RGB laid over
   * white, as `transformers` ≥ 5 does for CLIP. `keep`: RGBA, opaque where the file has no alpha. Default `drop`.
   */
  alpha?: 'drop' | 'white' | 'keep'
  pixelLimit?: number
}

/**
 * Decode a raster image (JPEG, PNG, WebP, GIF, TIFF, AVIF) to upright sRGB bytes: EXIF orientation is applied here, once,
 * and nowhere else; of an animation the first frame. Equal to Pillow's `exif_transpose(open(f)).convert('RGB')`
 * byte for byte for 8-bit JPEG (RGB, grey, CMYK), PNG, WebP, GIF and TIFF; embedded colour profiles are ignored as there.
 * 16-bit samples keep their high byte (Pillow clips 16-bit grey instead).
 * @param source a path, or the file's bytes
 * @param name how errors call the image; the path by default
 * @throws dataError: missing, empty, not an image in a known format (SVG is not raster), truncated or damaged, too many pixels.
 */
export async function decodeImage(source: string | Uint8Array, name?: string, options: DecodeOptions = {}): Promise<Pixels> {
  const { alpha = 'drop', pixelLimit = PIXEL_LIMIT } = options
  const label = name ?? (typeof source === 'string' ? source : 'image')
  const bytes = typeof source === 'string' ? await readBytes(source, label) : source
  if (bytes.length === 0) throw dataError(label, 'the file is empty, expected an image')
  const format = sniff(bytes)
  if (!format) throw dataError(label, `not an image, expected ${FORMATS.map(([f]) => f).join(', ')}`)

  try {
    const { width, height, space } = await sharp(bytes, { limitInputPixels: false }).metadata()
    if (width * height > pixelLimit) {
      throw dataError(label, `${width} × ${height} pixels, the limit is ${pixelLimit} pixels`)
    }
    const image = sharp(bytes, { failOn: 'error', limitInputPixels: pixelLimit, ignoreIcc: true, autoOrient: true })
    const keep = alpha === 'keep'
    if (space === 'cmyk') return fromCmyk(await raw(image.pipelineColourspace('cmyk').toColourspace('cmyk')), keep)
    const rgb = image.toColourspace('srgb')
    const pixels = (await raw(alpha === 'drop' ? rgb.removeAlpha() : rgb.ensureAlpha())) as Pixels
    return alpha === 'white' ? overWhite(pixels) : pixels
  } catch (e) {
    if (e instanceof Error && e.name === 'DashiError') throw e
    const reason = (e instanceof Error ? e.message : String(e)).split('\n')[0]
    throw dataError(label, `truncated or damaged ${format} (${reason})`, e)
  }
}

/** @throws dataError naming `label` */
export async function readBytes(file: string, label = file): Promise<Uint8Array> {
  try {
    const info = await stat(file)
    if (!info.isFile() && !info.isDirectory()) throw dataError(label, 'is neither a file nor a folder, expected an image') // a pipe or a device may never end
    return await readFile(file)
  } catch (e) {
    const code = (e as NodeJS.ErrnoException).code
    if (code === 'ENOENT' || code === 'EISDIR') throw dataError(label, code === 'ENOENT' ? 'no such file' : 'a folder, expected an image', e)
    throw ioError(label, 'read', e)
  }
}

/**
 * Only bytes that begin like one of these reach the decoder: libvips would also take SVG, whose size and cost have no bound.
 * A space stands for any byte.
 */
const FORMATS: [format: string, starts: string[]][] = [
  ['JPEG', ['\xff\xd8\xff']],
  ['PNG', ['\x89PNG\r\n\x1a\n']],
  ['WebP', ['RIFF    WEBP']],
  ['GIF', ['GIF87a', 'GIF89a']],
  ['TIFF', ['II*\0', 'MM\0*', 'II+\0', 'MM\0+']],
  ['AVIF', ['    ftypavif', '    ftypavis', '    ftypmif1']],
]

function sniff(bytes: Uint8Array): string | undefined {
  const matches = (start: string) => [...start].every((c, i) => c === ' ' || bytes[i] === c.charCodeAt(0))
  return FORMATS.find(([, starts]) => starts.some(matches))?.[0]
}

async function raw(image: Sharp) {
  const { data, info } = await image.raw({ depth: 'uchar' }).toBuffer({ resolveWithObject: true })
  return { width: info.width, height: info.height, channels: info.channels, data: new Uint8Array(data.buffer, data.byteOffset, data.length) }
}

/** Pillow's `cmyk2rgb` (Convert.c): 255 − k − c(255 − k)/255, the product rounded as its MULDIV255. */
function fromCmyk(image: { width: number; height: number; data: Uint8Array; channels: number }, keepAlpha: boolean): Pixels {
  const { width, height, data } = image
  const channels = keepAlpha ? 4 : 3
  const out = new Uint8Array(width * height * channels).fill(255)
  for (let i = 0, o = 0; o < out.length; i += image.channels, o += channels) {
    const light = 255 - data[i + 3]!
    for (let c = 0; c < 3; c++) {
      const product = data[i + c]! * light + 128
      out[o + c] = Math.max(0, light - (((product >> 8) + product) >> 8))
    }
  }
  return { width, height, channels, data: out }
}
