import { type Likeness, type DuplicateAction, type DuplicateGroup, duplicateAction, duplicateOptions } from '#shared/model/curation.ts'
import { userError } from '#shared/errors.ts'
import { sentence } from '#shared/sentences/table.ts'
import { duplicateGroups as groupsStored } from '../../db/curated.ts'
import { countImages, imagePaths } from '../../db/images.ts'
import { bits, closePairs, parseHashes, UnionFind } from '../../engine/curation/index.ts'
import { addTag, type MediaFacts, removeMedia, setMediaFacts } from '../annotations/index.ts'
import type { Project } from '../projects/index.ts'
import { breathe, type Control, checkpointOf, onEmbeddings, search } from './control.ts'
import { ensureHashes } from './hashes.ts'
import { hashedImages, type HashedImage } from './images.ts'
import { type Details, type Found, keptResult } from './store.ts'

type Group = Details<'duplicates'>[number]

/**
 * Groups images that are the same by bytes, by perceptual hash (at most `hamming` of 64 bits apart) or by embedding
 * (SemDeDup). The group's number is stored as a fact of each image, so that splits keep the group together. Within a
 * group, labelled images are kept first, then those that SemDeDup prefers, then those with the most pixels.
 */
export const findDuplicates = search(duplicateOptions, async (app, project, o, control): Promise<Found<'duplicates'>> => {
  const wanted: readonly Likeness[] = o.method === 'all' ? ['exact', 'phash', 'embedding'] : [o.method]
  await ensureHashes(project, control)
  const images = hashedImages(project).sort((a, b) => Number(b.annotated) - Number(a.annotated) || b.pixels - a.pixels || a.id - b.id)
  const search = new Search(images)
  const pairs: Record<Likeness, number> = { exact: 0, phash: 0, embedding: 0 }
  if (wanted.includes('exact')) pairs.exact = search.equal('exact', (i) => i.hash)
  if (wanted.includes('phash')) pairs.phash = search.close(o.hamming)
  let unreadable = countImages(project.db) - images.length
  if (wanted.includes('embedding') && images.length) {
    const preferred = images.filter((i) => i.annotated).length
    const { found, readable } = await onEmbeddings(
      app,
      images,
      { kind: 'near', preferred, similarity: o.similarity, keep: o.keep, seed: o.seed },
      o.model,
      control,
    )
    unreadable += images.length - readable.length
    const near = found?.kind === 'near' ? found : undefined
    pairs.embedding = near?.pairs ?? 0
    if (near) search.embedded(readable, near, o.keep)
  }
  const groups = search.groups()
  await markGroups(project, groups, control)
  const summary = {
    images: images.length,
    groups: groups.length,
    duplicates: groups.reduce((n, g) => n + g.ids.length - g.kept, 0),
    pairs,
    unreadable,
  }
  return { summary, details: groups }
})

/** Images in order of preference, joined into groups. An image is dropped if an earlier one is its near-copy. */
class Search {
  private readonly joined: UnionFind
  private readonly dropped: Uint8Array
  private readonly by: Uint8Array
  private readonly rank: Float64Array

  constructor(private readonly images: readonly HashedImage[]) {
    this.joined = new UnionFind(images.length)
    this.dropped = new Uint8Array(images.length)
    this.by = new Uint8Array(images.length)
    this.rank = Float64Array.from(images, (_, i) => i)
  }

  /** Joins images with the same key. @returns the number of pairs */
  equal(how: Likeness, keyOf: (image: HashedImage) => string | null): number {
    const first = new Map<string, { at: number; count: number }>()
    let pairs = 0
    this.images.forEach((image, i) => {
      const key = keyOf(image)
      if (key === null) return
      const known = first.get(key)
      if (!known) return void first.set(key, { at: i, count: 1 })
      pairs += known.count++
      this.join(known.at, i, how)
    })
    return pairs
  }

  /**
   * Joins images whose perceptual hashes are up to `radius` bits apart; a hash shared by several images is compared
   * once.
   */
  close(radius: number): number {
    const structured = (image: HashedImage) => (bitsOf(image.perceptual) >= 16 ? image.perceptual : null)
    let pairs = this.equal('phash', structured)
    const seen = new Set<string>()
    const firsts = this.images.flatMap((image, i) => {
      const key = structured(image)
      if (key === null || seen.has(key)) return []
      seen.add(key)
      return [i]
    })
    closePairs(parseHashes(firsts.map((i) => this.images[i]!.perceptual)), radius, (a, b) => {
      pairs++
      this.join(firsts[a]!, firsts[b]!, 'phash')
    })
    return pairs
  }

  embedded(
    readable: Int32Array,
    near: { component: Int32Array; dropped: Uint8Array; closeness: Float32Array },
    keep: 'farthest' | 'closest',
  ): void {
    this.rank.fill(100) // images without an embedding come last
    readable.forEach((i, k) => {
      const root = near.component[k]!
      const dropped = near.dropped[k] === 1
      if (root !== k || dropped) this.mark(readable[root]!, i)
      this.dropped[i]! |= near.dropped[k]!
      // Labelled images rank first; SemDeDup decides within each kind.
      const sign = keep === 'farthest' ? 1 : -1
      this.rank[i] = (this.images[i]!.annotated ? 0 : 10) + sign * near.closeness[k]!
    })
  }

  private mark(root: number, i: number): void {
    this.joined.union(root, i)
    for (const at of [root, i]) this.by[at]! |= bit.embedding
  }

  private join(earlier: number, later: number, how: Likeness): void {
    this.joined.union(earlier, later)
    this.dropped[later] = 1
    for (const at of [earlier, later]) this.by[at]! |= bit[how]
  }

  /** Largest first. If combined criteria would drop every member, the first one is kept. */
  groups(): Group[] {
    const { images, rank, dropped } = this
    return this.joined
      .groups()
      .map((members) => {
        members.sort((a, b) => rank[a]! - rank[b]! || a - b)
        if (members.every((i) => dropped[i])) dropped[members[0]!] = 0
        members.sort((a, b) => dropped[a]! - dropped[b]!)
        const by = members.reduce((all, i) => all | this.by[i]!, 0)
        return {
          id: members.reduce((least, i) => Math.min(least, images[i]!.id), Infinity),
          ids: members.map((i) => images[i]!.id),
          kept: members.filter((i) => !dropped[i]).length,
          by: likenesses.filter((l) => by & bit[l]),
        }
      })
      .sort((a, b) => b.ids.length - a.ids.length || a.id - b.id)
  }
}

const bit = { exact: 1, phash: 2, embedding: 4 }
const likenesses = ['exact', 'phash', 'embedding'] as const
/** A single-colour image has no structure, and its hash has few bits set. */
const bitsOf = (hex: string) => bits(parseInt(hex.slice(0, 8), 16)) + bits(parseInt(hex.slice(8), 16))

/** Stores the groups of this search as facts, replacing the previous ones. */
async function markGroups(project: Project, groups: readonly Group[], control: Control): Promise<void> {
  const check = checkpointOf(control)
  const before = groupsStored(project.db)
  const now = new Map(groups.flatMap((g) => g.ids.map((id) => [id, g.id] as const)))
  const was = new Map(before.map((r) => [r.id, r.of]))
  const changes: [number, MediaFacts][] = [
    ...before.filter((r) => !now.has(r.id)).map((r): [number, MediaFacts] => [r.id, { duplicateGroup: null }]),
    ...[...now].filter(([id, of]) => was.get(id) !== of).map(([id, of]): [number, MediaFacts] => [id, { duplicateGroup: of }]),
  ]
  const some = 1000
  for (let from = 0; from < changes.length; from += some) {
    check()
    setMediaFacts(project, new Map(changes.slice(from, from + some)))
    control.onProgress?.({ phase: 'marking', done: Math.min(changes.length, from + some), total: changes.length })
    await breathe()
  }
}

/** The latest groups, without images removed since. */
function present(project: Project): Group[] {
  const there = new Set(groupsStored(project.db).map((r) => r.id))
  return (keptResult(project, 'duplicates')?.details ?? []).flatMap((g) => {
    const ids = g.ids.filter((id) => there.has(id))
    return ids.length < 2 ? [] : [{ ...g, ids, kept: Math.max(1, g.ids.slice(0, g.kept).filter((id) => there.has(id)).length) }]
  })
}

export function duplicateGroups(
  project: Project,
  { offset, limit }: { offset: number; limit: number },
): { total: number; groups: DuplicateGroup[] } {
  const groups = present(project)
  const page = groups.slice(offset, offset + limit)
  const paths = imagePaths(
    project.db,
    page.flatMap((g) => g.ids),
  )
  return {
    total: groups.length,
    groups: page.map(({ id, ids, kept, by }) => ({
      id,
      by: [...by],
      images: ids.map((mediaId, i) => ({ mediaId, path: paths.get(mediaId)!, keep: i < kept })),
    })),
  }
}

/**
 * Tags the images that are not kept, or removes them from the project, as one undo step. Files are kept.
 * @param groupIds by default all groups of the latest search
 * @returns the ids of the images
 */
export function applyDuplicates(project: Project, given: DuplicateAction, groupIds?: readonly number[]): number[] {
  const action = duplicateAction.parse(given)
  if (!keptResult(project, 'duplicates')) throw userError(sentence('duplicates.not-sought'))
  const chosen = groupIds && new Set(groupIds)
  const ids = present(project).flatMap((g) => (!chosen || chosen.has(g.id) ? g.ids.slice(g.kept) : []))
  if (!ids.length) return ids
  if (action.kind === 'tag') addTag(project, ids, action.tag)
  else removeMedia(project, ids)
  return ids
}
