import { existsSync } from 'node:fs'
import { DashiError } from '#shared/errors.ts'
import { inWords, ofProcess } from '../../files/words.ts'
import type { DeepSamples } from '#shared/model/deep.ts'
import type { Item } from '#shared/model/job.ts'
import type { Awaited as Waits } from '#shared/model/progress.ts'
import { goneFolder } from './gone.ts'
import { contentHash, fingerprint, PixelStore } from './cache.ts'
import { decodeImage, readBytes } from './decode.ts'
import type { Pixels } from './pixels.ts'
import { type PreprocessConfig, type Resized, resized } from './preprocess.ts'
import type { Size } from './raster.ts'
import { decodeReduced } from './reduce.ts'

/** An image that cannot be read or decoded. The job continues without it. */
export class UnreadableImage extends DashiError {
  /** The message without the file's name. */
  readonly reason: string

  constructor(
    readonly file: string,
    cause: DashiError,
  ) {
    super('data', cause.sentence ?? cause.message, { cause })
    const [line] = cause.message.split('\n')
    this.reason = line!.startsWith(`${file}: `) ? line!.slice(file.length + 2) : line!
  }
}

/** A full disk or too many open files are not the image's fault and are rethrown unchanged. */
export async function naming<T>(file: string, body: Promise<T>): Promise<T> {
  try {
    return await body
  } catch (thrown) {
    const e = inWords(thrown)
    throw e instanceof DashiError && e.fault === 'data' && !ofProcess(e) ? new UnreadableImage(file, e) : thrown
  }
}

/** Waits for what can be put right outside the program, and tries again. */
export interface Patience {
  until<T>(body: () => Promise<T>, waitsFor: (e: unknown) => Waits | undefined): Promise<T>
}

/** No image becomes as small as this without being enlarged, so that each stays as it is. */
const UNREDUCED: Size = { width: Infinity, height: Infinity }

/**
 * Labelled images on disk, each decoded once while the store has room. Alpha is kept, since augmentation composites
 * over backgrounds.
 */
export class Images {
  /** @param patience if given, images of a folder that is gone are waited for instead of being left out */
  constructor(
    readonly items: readonly Item[],
    private readonly store = new PixelStore(0),
    private readonly patience?: Patience,
  ) {}

  get n(): number {
    return this.items.length
  }

  /**
   * Decoded pixels of image `i`, at full size.
   * @param decode what reads it, perhaps in another thread; the pixels are the same
   */
  pixels(i: number, deep?: DeepSamples, decode?: typeof decodeReduced): Promise<Pixels> {
    const { file } = this.items[i]!
    const read = () => (decode ? decode(file, UNREDUCED, deep) : decodeImage(file, file, { alpha: 'keep', deep }))
    return this.store.get(deep ? `${deep} ${file}` : file, () => this.reading(file, read))
  }

  /**
   * Pixels of image `i`, as small as they may become (reduce.ts), in memory that threads share.
   * @param decode what reads it, perhaps in another thread
   */
  reduced(i: number, least: Size, deep?: DeepSamples, decode = decodeReduced): Promise<Pixels> {
    const { file } = this.items[i]!
    return this.store.get(`${deep ?? ''} ${least.width} × ${least.height} ${file}`, () =>
      this.reading(file, () => decode(file, least, deep)),
    )
  }

  /**
   * Image `i` as RGB, resized to the model's scale; only cropping and normalising remain. The store keeps this form
   * because it is small.
   */
  resized(i: number, config: PreprocessConfig & { readonly deep?: DeepSamples }, key = fingerprint(config)): Promise<Resized> {
    const { file } = this.items[i]!
    return this.store.get(`${key} ${file}`, async () =>
      resized(await this.reading(file, () => decodeImage(file, file, { alpha: 'keep', deep: config.deep })), config, file),
    )
  }

  async hash(i: number): Promise<string> {
    const { hash, file } = this.items[i]!
    return hash ?? contentHash(await this.reading(file, () => readBytes(file)))
  }

  private reading<T>(file: string, body: () => Promise<T>): Promise<T> {
    const once = () => naming(file, body())
    if (!this.patience) return once()
    // Its folder may have come back between the failure and the look at it: then the image deserves another try.
    const twice = () =>
      once().catch((e: unknown) => (e instanceof UnreadableImage && existsSync(file) ? once() : Promise.reject(e as Error)))
    return this.patience.until(twice, (e) => (e instanceof UnreadableImage ? goneFolder(file) : undefined))
  }

  get labels(): Int32Array {
    return Int32Array.from(this.items, (x) => x.label)
  }
}
