/** Errors of reading images and image folders. */
export const mediaSentences = {
  'image.unreadable': '{path}: cannot be read as an image',
  'image.no-size': 'does not state its size',
  'image.too-many-pixels': 'has {width} × {height} pixels, expected at most {most}',
  'image.only-tiles': 'is too large to be shown as a whole; it comes in tiles',
  'disk.full-scanning': 'no space left on the device; {images} images were taken in before and stay',
} as const
