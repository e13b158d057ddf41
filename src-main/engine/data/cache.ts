import { createHash, randomUUID } from 'node:crypto'
import { mkdir, open, rename, rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import { z } from 'zod'

/** SHA-256 of a file's bytes in hex: identifies an image independently of its path. */
export const contentHash = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex')

/** SHA-256 of a JSON value in hex, independent of key order: identifies a preprocessing, a model or a template. */
export function fingerprint(value: unknown): string {
  const sorted = (_: string, v: unknown) =>
    v && typeof v === 'object' && !Array.isArray(v) ? Object.fromEntries(Object.entries(v).sort(([a], [b]) => (a < b ? -1 : 1))) : v
  return createHash('sha256').update(JSON.stringify(value, sorted)).digest('hex')
}

const headerSchema = z.object({
  __metadata__: z.object({ format: z.literal('dashi-rows-1'), fingerprint: z.string(), keys: z.string() }),
  rows: z.object({
    dtype: z.literal('F32'),
    shape: z.tuple([z.int().min(0), z.int().min(1)]),
    data_offsets: z.tuple([z.literal(0), z.int().min(0)]),
  }),
})
const keysSchema = z.array(z.string())

/**
 * Float32 rows (features, pixels) keyed by content hash, for one fingerprint of whatever computed them. Stored as one
 * safetensors file: tensor `rows` [n, length], with the n hashes as JSON in `__metadata__.keys`.
 */
export class RowCache {
  private readonly at = new Map<string, number>()
  private rows: Float32Array
  private unsaved = false

  private constructor(
    private readonly file: string,
    private readonly made: string,
    readonly length: number,
    keys: string[],
    rows: Float32Array,
  ) {
    keys.forEach((key, i) => this.at.set(key, i))
    this.rows = rows
  }

  /**
   * Opens a cache. A file that is missing, damaged, or has another fingerprint or row length is not an error: the
   * cache starts empty, and the next `save` replaces the file.
   */
  static async open(file: string, made: string, length: number): Promise<RowCache> {
    const { keys, rows } = (await readRows(file, made, length).catch(() => undefined)) ?? { keys: [], rows: new Float32Array(0) }
    return new RowCache(file, made, length, keys, rows)
  }

  get size(): number {
    return this.at.size
  }

  has(hash: string): boolean {
    return this.at.has(hash)
  }

  /** A view of the row, valid until the next `set`. */
  get(hash: string): Float32Array | undefined {
    const i = this.at.get(hash)
    return i === undefined ? undefined : this.rows.subarray(i * this.length, (i + 1) * this.length)
  }

  set(hash: string, row: ArrayLike<number>): void {
    if (row.length !== this.length) throw new RangeError(`row length ${row.length} does not match the cache (${this.length})`)
    const i = this.at.get(hash) ?? this.at.size
    if ((i + 1) * this.length > this.rows.length) {
      const grown = new Float32Array(Math.max(64, 2 * i) * this.length)
      grown.set(this.rows)
      this.rows = grown
    }
    this.rows.set(row, i * this.length)
    this.at.set(hash, i)
    this.unsaved = true
  }

  /**
   * Writes to a temporary file, syncs and renames: a reader or a crash sees either the old file or the new one. No-op
   * without new rows.
   */
  async save(): Promise<void> {
    if (!this.unsaved) return
    this.unsaved = false
    const rows = this.rows.subarray(0, this.size * this.length)
    const header = {
      __metadata__: { format: 'dashi-rows-1', fingerprint: this.made, keys: JSON.stringify([...this.at.keys()]) },
      rows: { dtype: 'F32', shape: [this.size, this.length], data_offsets: [0, rows.byteLength] },
    }
    const json = JSON.stringify(header)
    const padded = Buffer.from(json.padEnd(Math.ceil(json.length / 8) * 8)) // ASCII: hashes and numbers
    const prefix = Buffer.alloc(8)
    prefix.writeBigUInt64LE(BigInt(padded.length))
    await mkdir(dirname(this.file), { recursive: true })
    const beside = `${this.file}.${randomUUID()}.tmp`
    try {
      const handle = await open(beside, 'w')
      try {
        await handle.writeFile(Buffer.concat([prefix, padded]))
        await handle.writeFile(new Uint8Array(rows.buffer, rows.byteOffset, rows.byteLength))
        await handle.sync()
      } finally {
        await handle.close()
      }
      await rename(beside, this.file)
    } catch (e) {
      this.unsaved = true
      await rm(beside, { force: true })
      throw e
    }
  }
}

async function readRows(file: string, made: string, length: number) {
  const handle = await open(file, 'r')
  try {
    const { size } = await handle.stat()
    const prefix = Buffer.alloc(8)
    await handle.read(prefix, 0, 8, 0)
    const headerSize = Number(prefix.readBigUInt64LE())
    if (headerSize > size - 8) return undefined
    const json = Buffer.alloc(headerSize)
    await handle.read(json, 0, headerSize, 8)
    const header = headerSchema.parse(JSON.parse(json.toString()))
    const keys = keysSchema.parse(JSON.parse(header.__metadata__.keys))
    const [n, stored] = header.rows.shape
    const bytes = n * stored * 4
    if (header.__metadata__.fingerprint !== made || stored !== length || keys.length !== n || size !== 8 + headerSize + bytes)
      return undefined
    const rows = new Float32Array(n * length)
    const view = new Uint8Array(rows.buffer)
    for (let done = 0; done < bytes;) {
      const { bytesRead } = await handle.read(view, done, Math.min(bytes - done, 2 ** 30), 8 + headerSize + done)
      if (bytesRead === 0) return undefined
      done += bytesRead
    }
    return { keys, rows }
  } finally {
    await handle.close()
  }
}

interface Stored {
  readonly data: { readonly byteLength: number }
}

/**
 * Keeps decoded images in memory up to `limit` bytes: small sets are decoded once; of large ones the first that fit
 * are kept and the rest are decoded each time. Concurrent requests for an image share one load.
 */
export class PixelStore {
  private readonly kept = new Map<string, Promise<Stored>>()
  private used = 0

  constructor(private readonly limit: number) {}

  get bytes(): number {
    return this.used
  }

  /** @param key of one kind of data only, so that what is known has the type that `load` returns */
  get<T extends Stored>(key: string, load: () => Promise<T>): Promise<T> {
    const known = this.kept.get(key)
    if (known) return known as Promise<T>
    const loading = load().then(
      (pixels) => {
        if (this.used + pixels.data.byteLength > this.limit) this.kept.delete(key)
        else this.used += pixels.data.byteLength
        return pixels
      },
      (e: unknown) => {
        this.kept.delete(key)
        throw e
      },
    )
    this.kept.set(key, loading)
    return loading
  }
}
