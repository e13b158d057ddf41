import { hammingDistance, phash, phashSide } from '#shared/phash.ts'
import type { Concept, SampleSplit } from '#shared/model/sample.ts'
import type { ConceptClass } from './classes.ts'
import { hash32 } from './random.ts'
import { sharp } from '../../engine/data/index.ts'

export type ConceptSplit = Extract<SampleSplit, 'train' | 'val' | 'heldOut' | 'id'>

/** Few-shot: the maximum number of training pictures per class. The rest is used for testing. */
export const maxTrain = 16
const share = { id: 0.3, heldOut: 0.15, val: 0.1 }

/** Pictures of one style within this hash distance (of 64 bits) differ only by a colour or detail, and stay in one split. */
const sameDrawing = 4

/** The number of concepts in each split, given `n` in all. */
export function quotas(n: number): Record<ConceptSplit, number> {
  const [id, heldOut, val] = [share.id, share.heldOut, share.val].map((s) => Math.round(s * n)) as [number, number, number]
  const train = Math.min(maxTrain, n - id - heldOut - val)
  return { train, val, heldOut, id: n - train - heldOut - val }
}

/** Perceptual hash of an RGB picture. */
export async function hashOfPicture(rgb: Uint8Array, width: number, height: number): Promise<bigint> {
  const grey = await sharp(rgb, { raw: { width, height, channels: 3 } })
    .greyscale()
    .resize(phashSide, phashSide, { fit: 'fill', kernel: 'cubic' })
    .raw()
    .toBuffer()
  return phash(grey)
}

/**
 * Splits a class's concepts. Near-duplicates (linked by hashes at most 4 bits apart) stay together; groups are
 * assigned largest first, ties by the hash of their ids, each to the split that lacks most.
 */
export function splitClass({ subgroup, concepts }: ConceptClass, hashes: ReadonlyMap<string, bigint>): Map<string, ConceptSplit> {
  const lacking = quotas(concepts.length)
  const order = (group: Concept[]) => Math.min(...group.map((c) => hash32(`${subgroup}/${c.id}`)))
  const groups = nearDuplicates(concepts, hashes).sort((a, b) => b.length - a.length || order(a) - order(b))
  const splits = new Map<string, ConceptSplit>()
  for (const group of groups) {
    const split = (Object.keys(lacking) as ConceptSplit[]).reduce((a, b) => (lacking[b] > lacking[a] ? b : a))
    lacking[split] -= group.length
    for (const { id } of group) splits.set(id, split)
  }
  return splits
}

/** Single-linkage clustering by pHash distance. */
function nearDuplicates(concepts: readonly Concept[], hashes: ReadonlyMap<string, bigint>): Concept[][] {
  let groups: Concept[][] = []
  for (const concept of concepts) {
    const near = (other: Concept) => hammingDistance(hashes.get(concept.id)!, hashes.get(other.id)!) <= sameDrawing
    const linked = groups.filter((group) => group.some(near))
    groups = [...groups.filter((group) => !linked.includes(group)), [...linked.flat(), concept]]
  }
  return groups
}
