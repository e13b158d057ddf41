/** Names that files of images go by. What a file is, its first bytes decide; HEIC is listed so that one sees that it can't be read. */
export const imageExtensions: ReadonlySet<string> = new Set([
  '.jpg', '.jpeg', '.jfif', '.png', '.webp', '.gif', '.avif', '.tif', '.tiff', '.bmp', '.dib', '.jp2', '.j2k', '.j2c', '.jpc', '.jpx', '.jpf', '.heic', '.heif',
])
