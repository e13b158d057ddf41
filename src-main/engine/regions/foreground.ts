import { rleFromBitmap, rleToBitmap } from '#shared/geometry/rle.ts'
import type { Box, Rle } from '#shared/model/shape.ts'
import type { Model } from '../models/model.ts'
import type { Size } from '../segmentation/planes.ts'
import { Segmenting } from '../segmentation/segmenting.ts'

/** One class whose prompts are all the words for anything. */
const ANY = { name: 'object' }

/** A segmenter that tells things from the background, whatever they are. */
export class Foreground {
  private constructor(private readonly segmenting: Segmenting) {}

  /** @throws a user error, starting with `wanted`, if the model segments nothing */
  static with = (model: Model, wanted: string) => new Foreground(Segmenting.with(model, wanted))

  /** 1 where something is, [height · width], in an image file of that size. */
  async of(file: string, { width, height }: Size): Promise<Uint8Array> {
    const [things] = await this.segmenting.find(file, { classes: [ANY] })
    return things ? rleToBitmap(things.mask) : new Uint8Array(width * height)
  }

  release(): Promise<void> {
    return this.segmenting.release()
  }
}

/** What of the foreground is in a box. */
export function maskIn(foreground: Uint8Array, { x, y, w, h }: Box, { width, height }: Size): Rle {
  const out = new Uint8Array(foreground.length)
  const [left, right] = [Math.max(0, Math.floor(x)), Math.min(width, Math.ceil(x + w))]
  for (let row = Math.max(0, Math.floor(y)); row < Math.min(height, Math.ceil(y + h)); row++)
    out.set(foreground.subarray(row * width + left, row * width + right), row * width + left)
  return rleFromBitmap(out, height, width)
}
