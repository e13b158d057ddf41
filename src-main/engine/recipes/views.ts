/** Training pictures as pixels, varied anew in each epoch. */
import { type AugmentConfig, augmentSchema, leastSize } from '../data/augment.ts'
import { fingerprint } from '../data/cache.ts'
import { cropAndNormalise, outputSize } from '../data/preprocess.ts'
import type { Normalisation } from '../data/render.ts'
import { type Tensor, tensor } from '../runtime/session.ts'
import type { Examples } from '../tasks/examples.ts'
import type { Run } from './run.ts'
import type { augmentations } from './settings.ts'

export type Augmentation = (typeof augmentations)[number]

/** Augmentations typical for photographs: crops and flips; `strong` adds colour and rotation. */
const views: Record<Augmentation, AugmentConfig | undefined> = {
  none: undefined,
  light: augmentSchema.parse({ minScale: 0.7, aspect: 1.2, flip: 0.5 }),
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

/**
 * Batches [rows, 3, H, W] of a split's images; a function of the seed, the step's epoch and the rows. Not of what the run's
 * store still holds, nor of the threads that render: images are varied at a size that follows from theirs and the model's
 * alone.
 */
export function pixelBatches(run: Run, augmentation: Augmentation, drawn: Pick<Examples, 'epochOf'>, split = 'train') {
  const { preprocess: prepared } = run.model
  const { height, width } = outputSize(prepared)
  const images = run.split(split)
  const config = views[augmentation]
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
        const seen = pixels.map((picture, slot) => ({ pixels: picture, ...place, index: rows[slot]! }))
        await run.renderers.render(seen, { size: { height, width }, config, normalisation: normalisationOf(prepared) }, x)
      } else {
        const pixels = await Promise.all(rows.map((row) => images.resized(row, prepared, key)))
        pixels.forEach((picture, slot) => cropAndNormalise(picture, prepared, x, slot * size))
      }
      return tensor(x, 'float32', [rows.length, 3, height, width])
    },
  }
}

/** Alone, since it is sent to threads. */
const normalisationOf = ({ image_mean, image_std }: Normalisation): Normalisation => ({ image_mean, image_std })
