/** Hashes of an image's file: of its bytes, and of what it looks like. */
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

/** Of the upright picture, transparency over white. */
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
