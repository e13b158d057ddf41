/** Few-shot training sets. */
import { createHash } from 'node:crypto'
import { classesOf, type Item } from '#shared/model/job.ts'

/** Stands for the class of images with captions alone. */
const NONE = -1

/**
 * Up to `shots` images of each class, in the order given; of images with regions as many as it takes for each class to
 * be in that many. Which ones depends on the seed and on the images' content alone: images that are added or moved change
 * nothing about the others' order, and fewer shots are part of more.
 */
export function fewShots(items: readonly Item[], shots: number, seed: number): Item[] {
  const drawn = items.map((item) => ({
    item,
    key: createHash('sha256')
      .update(`${seed} ${item.hash ?? item.file}`)
      .digest('hex'),
  }))
  const counts = new Map<number, number>()
  const taken = new Set<Item>()
  for (const { item } of drawn.sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0))) {
    const found = new Set(classesOf(item))
    const own = found.size ? [...found] : [NONE]
    if (!own.some((c) => (counts.get(c) ?? 0) < shots)) continue
    taken.add(item)
    for (const c of own) counts.set(c, (counts.get(c) ?? 0) + 1)
  }
  return items.filter((item) => taken.has(item))
}
