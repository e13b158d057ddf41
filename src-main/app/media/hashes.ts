/** Hashes of an image: of its file's bytes, and of its appearance. */
import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { pipeline } from 'node:stream/promises'
import { phash, phashSide } from '#shared/phash.ts'
import { openPicture } from '../../engine/data/index.ts'
import { rasterOf } from './raster.ts'

/** SHA-256 of the file's bytes, in hexadecimal. */
export async function contentHash(file: string): Promise<string> {
  const sum = createHash('sha256')
  await pipeline(createReadStream(file), sum)
  return sum.digest('hex')
}

/** Perceptual hash of the upright picture, transparency over white. */
export async function perceptualHash(file: string): Promise<bigint> {
  await rasterOf(file)
  const grey = await (
    await openPicture(file, { sequentialRead: true, failOn: 'error' })
  )
    .autoOrient()
    .flatten({ background: '#fff' })
    .greyscale()
    .resize(phashSide, phashSide, { fit: 'fill' })
    .raw()
    .toBuffer()
  return phash(grey)
}
