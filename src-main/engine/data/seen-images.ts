/** What a model made of images: the last ones in memory, more of them on disk if there is a place for them. */
import { readFile } from 'node:fs/promises'
import { contentHash, fingerprint } from './cache.ts'
import { DECODER } from './decode.ts'
import { type Encodings, folderVersion, type Stored } from './encodings.ts'
import type { PreprocessConfig } from './preprocess.ts'
import { imageVersion, RecentImages } from './recent.ts'

/** How something made of an image is kept on disk. */
export interface Codec<T> {
  /** What makes it; changes whenever it makes something else of the same image. */
  readonly id: string
  pack(made: T): Stored
  /** Undefined if it is not what this model would have made. */
  unpack(stored: Stored): T | undefined
}

/** A file that changed is another image in memory; on disk an image is known by its contents, wherever it lies. */
export class SeenImages<T extends object> extends RecentImages<T> {
  private disk: Encodings | undefined
  private maker: string | undefined
  private writing: Promise<void> = Promise.resolve()

  /**
   * @param limit of the memory, in bytes
   * @param bytesOf of what was made
   */
  constructor(
    limit: number,
    bytesOf: (made: T) => number,
    private readonly codec: Codec<T>,
    private readonly model: { readonly dir: string; readonly preprocess: PreprocessConfig },
  ) {
    super(limit, bytesOf)
  }

  /** Makes an image's, unless that has been done before. `disk`: where to keep them from now on; nowhere if undefined. */
  async prepare(file: string, disk: Encodings | undefined, make: () => Promise<T>): Promise<{ readonly is: T; readonly made: boolean }> {
    this.disk = disk
    let made = false
    const is = await this.of(file, () => ((made = true), make()))
    return { is, made }
  }

  /** Resolves when everything has been written. */
  settled(): Promise<void> {
    return this.writing
  }

  protected override async find(file: string, version: string, make: () => Promise<T>): Promise<T> {
    const { disk } = this
    if (!disk) return make()
    const bytes = await readFile(file).catch(() => null)
    if (!bytes) return make() // says what is wrong with it
    const { dir, preprocess } = this.model
    this.maker ??= fingerprint({ id: this.codec.id, decoder: DECODER, model: folderVersion(dir), preprocess })
    const key = `${this.maker} ${contentHash(bytes)}`
    const stored = await disk.get(key)
    const known = stored && this.codec.unpack(stored)
    if (known) return known
    const made = await make()
    // Of a file that was replaced meanwhile, nobody knows which contents were decoded.
    if (imageVersion(file) === version) this.writing = this.writing.then(() => disk.put(key, this.codec.pack(made)))
    return made
  }
}
