/** Training pictures as pixels, varied anew in each epoch. */
import { type AugmentConfig, augmentSchema, leastSize } from '../data/augment.ts'
import { fingerprint } from '../data/cache.ts'
import { cropAndNormalise, outputSize } from '../data/preprocess.ts'
import type { Preparation } from '../models/preparation.ts'
import type { Normalisation } from '../data/render.ts'
import { type Tensor, tensor } from '../runtime/session.ts'
import type { Examples } from '../tasks/examples.ts'
import type { Run } from './run.ts'
import type { Augmenting } from './settings.ts'

/** How much pictures are varied. */
export type Varying = { readonly augmentation: 'none' } | Augmenting
export const unvaried: Varying = { augmentation: 'none' }

const light = augmentSchema.parse({ minScale: 0.7, aspect: 1.2, flip: 0.5 })

/** Augmentations typical for photographs: crops and flips; `strong` adds colour and rotation. */
const views: Record<Exclude<Augmenting['augmentation'], 'randaugment'>, AugmentConfig | undefined> = {
  none: undefined,
  light,
  strong: augmentSchema.parse({
    minScale: 0.4,
    maxScale: 1.2,
    aspect: 1.33,
    flip: 0.5,
    rotate: 15,
    brightness: 0.3,
    contrast: 0.3,
    saturation: 0.3,
    hue: 0.03,
    grayscale: 0.1,
    background: 0.3,
  }),
}

const configOf = (s: Varying): AugmentConfig | undefined =>
  s.augmentation === 'randaugment' ? { ...light, operations: s.randOps, magnitude: s.randMagnitude } : views[s.augmentation]

/**
 * Batches [rows, 3, H, W] of a split's images; a function of the seed, the step's epoch and the rows. Not of what the run's
 * store still holds, nor of the threads that render: images are varied at a size that follows from theirs and the model's
 * alone.
 * @param side of images, as a share of the model's
 * @param view which view of an image: each is varied by itself
 */
export function pixelBatches(run: Run, varying: Varying, drawn: Pick<Examples, 'epochOf'>, split = 'train', side = 1, view = 0) {
  const prepared = smaller(run.model.preprocess, run.model.image.patch, side)
  const { height, width } = outputSize(prepared)
  const images = run.split(split)
  const config = configOf(varying)
  const size = 3 * height * width
  const key = fingerprint(prepared)
  return {
    height,
    width,
    async read(rows: readonly number[], step: number): Promise<Tensor> {
      const x = new Float32Array(rows.length * size)
      if (config) {
        const least = leastSize({ height, width }, config)
        const pixels = await Promise.all(rows.map((row) => images.reduced(row, least, prepared.deep, run.decode)))
        const place = { seed: run.o.seed, epoch: drawn.epochOf(step) }
        const seen = pixels.map((picture, slot) => ({ pixels: picture, ...place, index: rows[slot]! + view * images.n }))
        await run.renderers.render(seen, { size: { height, width }, config, normalisation: normalisationOf(prepared) }, x)
      } else {
        const pixels = await Promise.all(rows.map((row) => images.resized(row, prepared, key)))
        pixels.forEach((picture, slot) => cropAndNormalise(picture, prepared, x, slot * size))
      }
      return tensor(x, 'float32', [rows.length, 3, height, width])
    },
  }
}

/** The same for images of a share of the side, in whole patches. */
function smaller(prepared: Preparation, patch: number, share: number): Preparation {
  if (share === 1) return prepared
  const { height, width } = outputSize(prepared)
  const of = (side: number) => Math.max(patch, Math.round((side * share) / patch) * patch)
  const crop_size = { height: of(height), width: of(width) }
  const [down, across] = [crop_size.height / height, crop_size.width / width]
  const { size } = prepared
  return {
    ...prepared,
    crop_size,
    size:
      'height' in size
        ? { height: Math.round(size.height * down), width: Math.round(size.width * across) }
        : { shortest_edge: Math.round(size.shortest_edge * Math.max(down, across)) },
  }
}

/** Alone, since it is sent to threads. */
const normalisationOf = ({ image_mean, image_std }: Normalisation): Normalisation => ({ image_mean, image_std })
