/** Identifies image files and their sizes by header, before any decoder sees them. */
import { dataError } from '#shared/errors.ts'
import { sentence } from '#shared/sentences/table.ts'
import { limits } from '#shared/model/limits.ts'
import { pictureFacts } from '../../engine/data/index.ts'

export interface Raster {
  /** Size of the upright image, in pixels. */
  readonly width: number
  readonly height: number
  /** EXIF, 1 to 8. */
  readonly orientation: number
}

/**
 * Size and orientation from the file's header.
 * @throws a data error naming `name`
 */
export async function rasterOf(file: string, name = file): Promise<Raster> {
  const { width, height, orientation } = await pictureFacts(file, name)
  if (!width || !height) throw dataError(name, sentence('image.no-size'))
  if (width * height > limits.area) throw dataError(name, sentence('image.too-many-pixels', { width, height, most: limits.area }))
  return orientation >= 5 ? { width: height, height: width, orientation } : { width, height, orientation }
}

/** Size of the upright image and its EXIF orientation; null if the file is not a readable image. */
export async function factsOf(file: string): Promise<Raster | null> {
  try {
    return await rasterOf(file)
  } catch {
    return null
  }
}
