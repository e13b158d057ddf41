import type { DeepSamples } from '#shared/model/deep.ts'
import type { Item } from '#shared/model/job.ts'
import { contentHash, fingerprint, PixelStore } from './cache.ts'
import { decodeImage, readBytes } from './decode.ts'
import type { Pixels } from './pixels.ts'
import { type PreprocessConfig, resized } from './preprocess.ts'

/** Labelled images on disk; decoded once as far as the store has room. Transparency is kept: augmentation lays it over grounds. */
export class Images {
  constructor(
    readonly items: readonly Item[],
    private readonly store = new PixelStore(0),
  ) {}

  get n(): number {
    return this.items.length
  }

  /** As decoded. */
  pixels(i: number, deep?: DeepSamples): Promise<Pixels> {
    const { file } = this.items[i]!
    return this.store.get(deep ? `${deep} ${file}` : file, () => decodeImage(file, file, { alpha: 'keep', deep }))
  }

  /** At the model's scale, RGB: what is left of preprocessing is to crop and normalise. Small, so it is what is kept. */
  resized(i: number, config: PreprocessConfig & { readonly deep?: DeepSamples }, key = fingerprint(config)): Promise<Pixels> {
    const { file } = this.items[i]!
    return this.store.get(`${key} ${file}`, async () => resized(await decodeImage(file, file, { alpha: 'keep', deep: config.deep }), config, file))
  }

  async hash(i: number): Promise<string> {
    const { hash, file } = this.items[i]!
    return hash ?? contentHash(await readBytes(file))
  }

  get labels(): Int32Array {
    return Int32Array.from(this.items, (x) => x.label)
  }
}
