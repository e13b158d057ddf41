/** Which files are images at all: told by their first bytes, before any decoder sees them. */
import { closeSync, openSync, readSync } from 'node:fs'
import sharp from 'sharp'
import { dataError } from '#shared/errors.ts'
import { limits } from '#shared/model/limits.ts'
import { sniff } from '../../engine/data/decode.ts'

export interface Raster {
  /** Of the upright image. */
  readonly width: number
  readonly height: number
  /** EXIF, 1 to 8. */
  readonly orientation: number
}

/**
 * Size and orientation by the file's header. An SVG is refused whatever it is called: it can refer to other files, and its cost has
 * no bound. Throws dataError naming `name`.
 */
export async function rasterOf(file: string, name = file): Promise<Raster> {
  const start = Buffer.alloc(64)
  const fd = openSync(file, 'r')
  const n = readSync(fd, start, 0, start.length, 0)
  closeSync(fd)
  if (!sniff(start.subarray(0, n))) throw dataError(name, 'is no image that can be read (an SVG is none, whatever its name)')
  const { width, height, orientation = 1 } = await sharp(file, { limitInputPixels: false }).metadata()
  if (!width || !height) throw dataError(name, 'says nothing of its size')
  if (width * height > limits.area) throw dataError(name, `has ${width} × ${height} pixels, expected at most ${limits.area}`)
  return orientation >= 5 ? { width: height, height: width, orientation } : { width, height, orientation }
}
