/** Detects an image's format from its first bytes, since a file's extension may be wrong. */
import { sentence, type Sentence } from '#shared/sentences/table.ts'

/** In a signature, a space matches any byte. */
const FORMATS = [
  ['JPEG', ['\xff\xd8\xff']],
  ['PNG', ['\x89PNG\r\n\x1a\n']],
  ['WebP', ['RIFF    WEBP']],
  ['GIF', ['GIF87a', 'GIF89a']],
  ['TIFF', ['II*\0', 'MM\0*', 'II+\0', 'MM\0+']],
  ['AVIF', ['    ftypavif', '    ftypavis', '    ftypmif1']],
  ['BMP', ['BM']],
  ['JPEG 2000', ['\0\0\0\fjP  \r\n\x87\n', '\xffO\xffQ']],
] as const

export type ImageFormat = (typeof FORMATS)[number][0]
/** Formats that this build of libvips cannot read. */
export type ForeignFormat = Extract<ImageFormat, 'BMP' | 'JPEG 2000'>

/** Number of leading bytes that {@link formatOf} examines. */
export const SNIFFED = 32

const begins = (bytes: Uint8Array, start: string) => [...start].every((c, i) => c === ' ' || bytes[i] === c.charCodeAt(0))

const HEVC = ['heic', 'heix', 'heim', 'heis', 'hevc', 'hevx']

/** HEIC: AVIF's container with an HEVC-coded image. */
function isHeic(bytes: Uint8Array): boolean {
  if (!begins(bytes, '    ftyp')) return false
  const brands = [8, 16, 20, 24, 28].map((at) => String.fromCharCode(...bytes.subarray(at, at + 4)))
  return HEVC.includes(brands[0]!) || (brands[0] === 'mif1' && brands.some((b) => HEVC.includes(b)) && !brands.includes('avif'))
}

/**
 * The format of an image; undefined if it cannot be decoded. SVG is excluded because its size and cost are unbounded.
 */
export function formatOf(bytes: Uint8Array): ImageFormat | undefined {
  if (isHeic(bytes)) return undefined
  const found = FORMATS.find(([, starts]) => starts.some((start) => begins(bytes, start)))?.[0]
  // Many texts begin with 'BM', but the length field of a BMP's second header has few valid values.
  return found === 'BMP' && ![12, 16, 40, 52, 56, 64, 108, 124].includes(bytes[14] ?? 0) ? undefined : found
}

export const isForeign = (format: ImageFormat | undefined): format is ForeignFormat => format === 'BMP' || format === 'JPEG 2000'

/** The message for bytes that {@link formatOf} does not recognise or that no decoder here supports. */
export function notAnImage(bytes: Uint8Array): Sentence {
  if (isHeic(bytes)) return sentence('image.heic')
  return sentence('image.unrecognised', { formats: FORMATS.map(([name]) => name).join(', ') })
}
