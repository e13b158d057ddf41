import { cancelled, DashiError } from '#shared/errors.ts'
import type { JobProgress } from '#shared/model/job.ts'
import { Images } from '../data/images.ts'
import type { Model } from '../models/model.ts'
import type { Provider } from '../runtime/session.ts'
import { embedImages, FeatureCache, unitRows } from '../tasks/embed.ts'

export interface KnownImage {
  readonly file: string
  /** SHA-256 of the file. */
  readonly hash: string
}

export interface Features {
  /** [n, dim]: features of the readable images, in the given order. */
  readonly rows: Float32Array
  readonly dim: number
  /** Indices of the readable images among those given. */
  readonly readable: Int32Array
  /** Fingerprint of everything besides the images that the features depend on. */
  readonly fingerprint: string
}

interface Options {
  readonly provider: Provider
  readonly cache: string
  readonly onProgress: (p: JobProgress) => void
  readonly isCancelled: () => boolean
  /** Rows as the model gives them, which its head reads; by default they are of length 1. */
  readonly raw?: boolean
}

const atOnce = 2048
const saveEveryMs = 60_000

/**
 * Image embeddings for curation. Progress is saved every minute, so that work on hundreds of thousands of images
 * survives a cancel or a crash. Unreadable images are left out.
 */
export async function featuresOf(model: Model, given: readonly KnownImage[], o: Options): Promise<Features> {
  const dim = model.dim
  const cache = await FeatureCache.open(model, o.cache)
  const missing = given.map((_, i) => i).filter((i) => !cache.rows.has(given[i]!.hash))
  const images = new Images(given.map(({ file, hash }) => ({ file, hash, label: 0 })))
  const check = () => {
    if (o.isCancelled()) throw cancelled()
  }
  const unreadable = new Set<number>()
  const began = performance.now()
  let saved = began
  try {
    for (let from = 0; from < missing.length; from += atOnce) {
      check()
      const some = await readableOf(model, images, missing.slice(from, from + atOnce), unreadable, {
        provider: o.provider,
        isCancelled: check,
        onProgress: (done) => {
          const all = from + done
          const rate = all / ((performance.now() - began) / 1000)
          o.onProgress({
            phase: 'features',
            done: all,
            total: missing.length,
            imagesPerSecond: rate,
            secondsLeft: (missing.length - all) / rate,
          })
        },
      })
      some.forEach(([i, row]) => cache.rows.set(given[i]!.hash, row))
      if (performance.now() - saved > saveEveryMs) {
        await cache.save()
        saved = performance.now()
      }
    }
  } finally {
    if (missing.length) await cache.save()
  }
  const readable = Int32Array.from(given.map((_, i) => i).filter((i) => !unreadable.has(i)))
  const rows = new Float32Array(readable.length * dim)
  readable.forEach((i, k) => rows.set(cache.rows.get(given[i]!.hash)!, k * dim))
  if (!model.image.unit && !o.raw) unitRows(rows, dim)
  return { rows, dim, readable, fingerprint: cache.fingerprint }
}

/** Embeds images; unreadable ones are detected, recorded and left out. */
async function readableOf(
  model: Model,
  images: Images,
  wanted: readonly number[],
  unreadable: Set<number>,
  o: Parameters<typeof embedImages>[3],
): Promise<[number, Float32Array][]> {
  const dim = model.dim
  let some = wanted
  try {
    return pairs(some, await embedImages(model, images, some, o), dim)
  } catch (e) {
    if (!(e instanceof DashiError) || e.fault !== 'data') throw e
    for (const i of wanted) await images.resized(i, model.preprocess).catch(() => unreadable.add(i))
    some = wanted.filter((i) => !unreadable.has(i))
    if (some.length === wanted.length) throw e
    return some.length ? pairs(some, await embedImages(model, images, some, o), dim) : []
  }
}

const pairs = (indices: readonly number[], rows: Float32Array, dim: number) =>
  indices.map((i, k): [number, Float32Array] => [i, rows.subarray(k * dim, (k + 1) * dim)])
