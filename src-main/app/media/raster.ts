/** Which files are images at all, and of what size: by their first bytes, before any decoder sees them. */
import { dataError } from '#shared/errors.ts'
import { sentence } from '#shared/sentences/table.ts'
import { limits } from '#shared/model/limits.ts'
import { pictureFacts } from '../../engine/data/index.ts'

export interface Raster {
  /** Of the upright image. */
  readonly width: number
  readonly height: number
  /** EXIF, 1 to 8. */
  readonly orientation: number
}

/** Size and orientation by the file's header. Throws dataError naming `name`. */
export async function rasterOf(file: string, name = file): Promise<Raster> {
  const { width, height, orientation } = await pictureFacts(file, name)
  if (!width || !height) throw dataError(name, sentence('image.no-size'))
  if (width * height > limits.area) throw dataError(name, sentence('image.too-many-pixels', { width, height, most: limits.area }))
  return orientation >= 5 ? { width: height, height: width, orientation } : { width, height, orientation }
}

/** Size of the upright image and its EXIF orientation; null where the file is no image that can be read. */
export async function factsOf(file: string): Promise<Raster | null> {
  try {
    return await rasterOf(file)
  } catch {
    return null
  }
}
