import { open, stat } from 'node:fs/promises'
import { decodeImage, PIXEL_LIMIT } from './decode.ts'
import { formatOf, isForeign, SNIFFED } from './formats.ts'
import { sharp } from './sharp.ts'

/** Larger images are only decoded in strips, since they would fill the memory. */
const WHOLE = 1 << 26

/**
 * Checks that an image decodes to its last byte, with less time and memory than {@link decodeImage}. @throws the same
 * errors
 */
export async function proved(file: string, name = file): Promise<void> {
  if (!(await streams(file))) await decodeImage(file, name)
}

/**
 * Whether libvips can decode the file in one streaming pass. A JPEG is decoded at an eighth of its size, which still
 * reads every byte.
 */
async function streams(file: string): Promise<boolean> {
  try {
    const format = await sniffed(file)
    if (!format || isForeign(format)) return false
    const { width, height, space } = await sharp(file, { limitInputPixels: false }).metadata()
    if (width * height > PIXEL_LIMIT) return false
    // Its colour space may be unsupported, which only decoding reveals.
    if (format === 'TIFF' && (width * height <= WHOLE || /lab/i.test(space ?? ''))) return false
    await sharp(file, { failOn: 'error', limitInputPixels: PIXEL_LIMIT, sequentialRead: true })
      .resize(16, 16, { fit: 'fill', kernel: 'nearest' })
      .raw()
      .toBuffer()
    return true
  } catch {
    return false
  }
}

async function sniffed(file: string) {
  if (!(await stat(file)).isFile()) return undefined
  const handle = await open(file, 'r')
  try {
    const bytes = new Uint8Array(SNIFFED)
    const { bytesRead } = await handle.read(bytes, 0, SNIFFED, 0)
    return formatOf(bytes.subarray(0, bytesRead))
  } finally {
    await handle.close()
  }
}
