import { fingerprint, PixelStore } from '../data/cache.ts'
import type { Item } from '#shared/model/job.ts'

const LIMIT = 1 << 30

let kept: { of: string; store: PixelStore } | undefined

/**
 * The cache of decoded images. Successive jobs of a thread on the same images share it, so that a sweep decodes them
 * once; a job on other images replaces it.
 */
export function storeFor(splits: Readonly<Record<string, readonly Item[]>>): PixelStore {
  const of = fingerprint(Object.values(splits).flatMap((items) => items.map((x) => [x.file, x.hash])))
  if (kept?.of !== of) kept = { of, store: new PixelStore(LIMIT) }
  return kept.store
}
