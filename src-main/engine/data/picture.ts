/**
 * Opens an image file of any format with libvips: for thumbnails, tiles, sizes and hashes, which need not match
 * Pillow's pixels.
 */
import { open, stat } from 'node:fs/promises'
import type { Sharp, SharpOptions } from 'sharp'
import { dataError } from '#shared/errors.ts'
import { sentence } from '#shared/sentences/table.ts'
import { PIXEL_LIMIT, readBytes } from './decode.ts'
import { toBytes } from './deep.ts'
import { decodeForeign, foreignSize } from './foreign.ts'
import { formatOf, isForeign, notAnImage, SNIFFED } from './formats.ts'
import { jp2Deep } from './jp2.ts'
import type { Raster } from './raster.ts'
import { sharp } from './sharp.ts'

/** Headers of formats that libvips cannot read are within the first megabyte. */
const HEADER_BYTES = 1 << 20

async function firstBytes(file: string, most: number): Promise<Uint8Array> {
  const handle = await open(file, 'r')
  try {
    const bytes = new Uint8Array(Math.min(most, (await stat(file)).size))
    let done = 0
    for (let n = 1; n && done < bytes.length; done += n) n = (await handle.read(bytes, done, bytes.length - done, done)).bytesRead
    return bytes.subarray(0, done)
  } finally {
    await handle.close()
  }
}

/** Pixels above which deep images are not stretched, since stretching needs the whole image in memory. */
const STRETCHED = 1 << 26

/** For display: upright, with grey stretched between its percentiles. Undefined for 8-bit images. */
async function stretched(file: string): Promise<Sharp | undefined> {
  const image = sharp(file, { limitInputPixels: false, autoOrient: true })
  const { depth, space, hasAlpha, width, height } = await image.metadata()
  if (!isDeep(depth, space) || hasAlpha || width * height > STRETCHED) return undefined
  const { data, info } = await image
    .pipelineColourspace(space!)
    .toColourspace(space!)
    .raw({ depth: 'float' })
    .toBuffer({ resolveWithObject: true })
  const samples = new Float32Array(data.buffer, data.byteOffset, info.width * info.height)
  return info.channels === 1
    ? fromRaster({ width: info.width, height: info.height, channels: 1, data: toBytes(samples, 'percentiles') })
    : undefined
}

const isDeep = (depth: string | undefined, space: string | undefined) => depth !== 'uchar' && (space === 'grey16' || space === 'b-w')

/**
 * Opens an image without applying its orientation: call `autoOrient()`. Grey deeper than a byte is stretched between
 * its percentiles, since it would be mostly black or white otherwise.
 * @param signal aborts our own decoders
 * @param name the file's name in errors
 */
export async function openPicture(file: string, options: SharpOptions = {}, signal?: AbortSignal, name = file): Promise<Sharp> {
  const start = await firstBytes(file, SNIFFED)
  const format = formatOf(start)
  if (!isForeign(format)) {
    if (!format) throw dataError(name, notAnImage(start))
    const deep = format === 'TIFF' || format === 'PNG' ? await stretched(file) : undefined
    return deep ?? sharp(file, { limitInputPixels: false, ...options })
  }
  const raster = await decodeForeign({ format, bytes: await readBytes(file), pixelLimit: PIXEL_LIMIT }, { signal }).catch((e: unknown) => {
    throw e instanceof Error && e.name === 'DashiError'
      ? e
      : dataError(name, sentence('image.damaged', { format, reason: (e as Error).message }), e)
  })
  return fromRaster(raster)
}

const fromRaster = ({ width, height, channels, data }: Raster): Sharp =>
  sharp(data instanceof Uint16Array ? toBytes(data, 'percentiles') : data, { raw: { width, height, channels }, limitInputPixels: false })

/**
 * Whether a browser needs a converted file, judged by content: it has no decoder for it, or would show deep grey as
 * black.
 */
export async function needsConversion(file: string): Promise<boolean> {
  const format = formatOf(await firstBytes(file, SNIFFED))
  return isForeign(format) || (format === 'PNG' && (await pictureFacts(file)).deep)
}

export interface PictureFacts {
  /** Pixels as stored, before orientation. */
  readonly width: number
  readonly height: number
  /** EXIF orientation, 1 … 8. */
  readonly orientation: number
  /** Greyscale samples of more than 8 bits, which must be reduced to bytes. */
  readonly deep: boolean
}

/**
 * Reads an image's header. SVG is not accepted: it can refer to other files, and its cost is unbounded.
 * @throws a data fault if the file is not an image
 */
export async function pictureFacts(file: string, name = file): Promise<PictureFacts> {
  const start = await firstBytes(file, SNIFFED)
  const format = formatOf(start)
  if (!format) throw dataError(name, notAnImage(start))
  if (isForeign(format)) {
    const header = await firstBytes(file, HEADER_BYTES)
    return { ...foreignSize(format, header), orientation: 1, deep: format === 'JPEG 2000' && jp2Deep(header) }
  }
  const { width, height, orientation = 1, depth, space } = await sharp(file, { limitInputPixels: false }).metadata()
  return { width, height, orientation, deep: isDeep(depth, space) }
}
