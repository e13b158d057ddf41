/** Training pictures as pixels, varied anew in each epoch. */
import { augment, augmentRng, augmentSchema, type AugmentConfig } from '../data/augment.ts'
import { outputSize, preprocess } from '../data/preprocess.ts'
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

/** Batches [rows, 3, H, W] of a split's images; a function of the seed, the step's epoch and the rows. */
export function pixelBatches(run: Run, augmentation: Augmentation, drawn: Pick<Examples, 'epochOf'>, split = 'train') {
  const { preprocess: prepared } = run.model
  const { height, width } = outputSize(prepared)
  const images = run.split(split)
  const varied = views[augmentation]
  const size = 3 * height * width
  return {
    height,
    width,
    async read(rows: readonly number[], step: number): Promise<Tensor> {
      const pixels = await Promise.all(rows.map((row) => images.pixels(row, prepared.deep)))
      const x = new Float32Array(rows.length * size)
      pixels.forEach((picture, slot) => {
        if (varied) {
          const rng = augmentRng(run.o.seed, drawn.epochOf(step), rows[slot]!)
          augment(picture, { height, width }, varied, prepared, rng, x, slot * size)
        } else preprocess(picture, prepared, x, slot * size)
      })
      return tensor(x, 'float32', [rows.length, 3, height, width])
    },
  }
}
