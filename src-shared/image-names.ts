/**
 * File extensions of images. The format is decided by a file's first bytes; HEIC is listed so that it can be reported
 * as unsupported.
 */
export const imageExtensions: ReadonlySet<string> = new Set([
  '.jpg',
  '.jpeg',
  '.jfif',
  '.png',
  '.webp',
  '.gif',
  '.avif',
  '.tif',
  '.tiff',
  '.bmp',
  '.dib',
  '.jp2',
  '.j2k',
  '.j2c',
  '.jpc',
  '.jpx',
  '.jpf',
  '.heic',
  '.heif',
])
