import { augment, type AugmentConfig, augmentRng } from './augment.ts'
import type { Pixels } from './pixels.ts'
import type { Size } from './raster.ts'
import type { Normalisation } from './render.ts'

/** An image, and its place in a training: {@link augmentRng}. */
export interface Seen {
  readonly pixels: Pixels
  readonly seed: number
  readonly epoch: number
  readonly index: number
}

/** How views are to vary, and their form. */
export interface ViewsOf {
  readonly size: Size
  readonly config: AugmentConfig
  readonly normalisation: Normalisation
}

/** Random views of images, in float32 [images, 3, height, width]: of each, one that depends on nothing but its place. */
export function viewsOf(images: readonly Seen[], { size, config, normalisation }: ViewsOf): Float32Array<ArrayBuffer> {
  const each = 3 * size.height * size.width
  const out = new Float32Array(images.length * each)
  images.forEach(({ pixels, seed, epoch, index }, slot) =>
    augment(pixels, size, config, normalisation, augmentRng(seed, epoch, index), out, slot * each),
  )
  return out
}
