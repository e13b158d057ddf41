import { PixelStore } from '../data/cache.ts'
import type { Item } from '#shared/model/job.ts'

const LIMIT = 1 << 30

let kept: { readonly hashes: Map<string, string | null>; readonly store: PixelStore } | undefined

/**
 * The cache of decoded images. Successive jobs of a thread on much the same images share it, so that a sweep decodes them
 * once, also one that draws other training images for each run. A job most of whose images are others replaces it, as does
 * one that finds other content in a file.
 */
export function storeFor(splits: Readonly<Record<string, readonly Item[]>>): PixelStore {
  const items = Object.values(splits).flat()
  const known = items.filter(({ file }) => kept?.hashes.has(file))
  const changed = known.some(({ file, hash }) => kept!.hashes.get(file) !== (hash ?? null))
  if (!kept || changed || known.length <= items.length / 2) kept = { hashes: new Map(), store: new PixelStore(LIMIT) }
  for (const { file, hash } of items) kept.hashes.set(file, hash ?? null)
  return kept.store
}
