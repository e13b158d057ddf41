/** A small cache of decoded images by URL, each with smaller copies for zoomed-out views. Decoding happens off the main thread. */
import type { Pixels } from '../types.ts'

/** Total pixels of the cached images (RGBA, four bytes each). */
const budget = 60e6
/** Images with fewer pixels than this get no smaller copies. */
const small = 1.5e6

export interface DecodedImage {
  width: number
  height: number
  /** Full size first, each level half the one before. */
  levels: ImageBitmap[]
  /** Whether any pixel is not opaque. */
  translucent: boolean
  pixels(): Pixels
}

export class ImageCache {
  private readonly images = new Map<string, Promise<DecodedImage>>()
  private readonly sizes = new Map<string, number>()

  get(url: string): Promise<DecodedImage> {
    const known = this.images.get(url)
    if (known) {
      // Move to the end: the least recently used image is evicted first.
      this.images.delete(url)
      this.images.set(url, known)
      return known
    }
    const image = decode(url)
    this.images.set(url, image)
    image.then(
      (d) => this.trim(url, d.width * d.height),
      () => this.images.delete(url),
    )
    return image
  }

  private trim(url: string, size: number): void {
    this.sizes.set(url, size)
    let total = [...this.sizes.values()].reduce((a, b) => a + b, 0)
    for (const [old, image] of [...this.images].slice(0, -1)) {
      if (total <= budget) return
      total -= this.sizes.get(old) ?? 0
      this.images.delete(old)
      this.sizes.delete(old)
      void image.then(
        (d) => d.levels.forEach((b) => b.close()),
        () => undefined,
      )
    }
  }
}

async function decode(url: string): Promise<DecodedImage> {
  const response = await fetch(url)
  if (!response.ok) throw new Error(`${url}: ${response.status} ${response.statusText}`)
  const blob = await response.blob()
  const full = await createImageBitmap(blob)
  const { width, height } = full
  const levels = [full]
  const makeSmaller = async () => {
    for (let k = 2; (width * height) / ((k / 2) * (k / 2)) > small; k *= 2)
      levels.push(
        await createImageBitmap(blob, { resizeWidth: Math.ceil(width / k), resizeHeight: Math.ceil(height / k), resizeQuality: 'medium' }),
      )
  }
  void makeSmaller().catch(() => undefined) // the full-size one is used instead
  let pixels: Pixels | null = null
  return {
    width,
    height,
    levels,
    translucent: blob.type !== 'image/jpeg' && isTranslucent(full),
    pixels: () => (pixels ??= readPixels(full)),
  }
}

/** Checks a downscaled copy, in which even small transparent areas leave a trace. */
function isTranslucent(bitmap: ImageBitmap): boolean {
  const [width, height] = [Math.min(bitmap.width, 64), Math.min(bitmap.height, 64)]
  const context = new OffscreenCanvas(width, height).getContext('2d', { willReadFrequently: true })!
  context.imageSmoothingQuality = 'high'
  context.drawImage(bitmap, 0, 0, width, height)
  return context.getImageData(0, 0, width, height).data.some((v, i) => i % 4 === 3 && v < 250)
}

function readPixels(bitmap: ImageBitmap): Pixels {
  const { width, height } = bitmap
  const context = new OffscreenCanvas(width, height).getContext('2d', { willReadFrequently: true })!
  context.drawImage(bitmap, 0, 0)
  return { width, height, data: context.getImageData(0, 0, width, height).data }
}
