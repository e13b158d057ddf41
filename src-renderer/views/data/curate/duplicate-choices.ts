/** Which images of a group are kept: as proposed, or as a person chose. */
import type { DuplicateGroup } from '#shared/model/curation.ts'

/** Group id → images to keep. */
export type Choices = Map<number, ReadonlySet<number>>

const proposed = (group: DuplicateGroup): ReadonlySet<number> => new Set(group.images.filter((i) => i.keep).map((i) => i.mediaId))

export const isKept = (group: DuplicateGroup, mediaId: number, choices: Choices): boolean =>
  (choices.get(group.id) ?? proposed(group)).has(mediaId)

/**
 * The images to keep after toggling one. At least one is kept: unmarking the only kept image keeps the whole group, since it means that
 * none of them is redundant.
 */
export function turned(group: DuplicateGroup, mediaId: number, choices: Choices): ReadonlySet<number> {
  const now = new Set(choices.get(group.id) ?? proposed(group))
  if (!now.delete(mediaId)) now.add(mediaId)
  return now.size ? now : new Set(group.images.map((i) => i.mediaId))
}

/** The images to remove, in the order of the groups. */
export const dropped = (groups: readonly DuplicateGroup[], choices: Choices): number[] =>
  groups.flatMap((g) => g.images.filter((i) => !isKept(g, i.mediaId, choices)).map((i) => i.mediaId))

/** All groups, from all pages. */
export async function allGroups(
  pageAt: (offset: number) => Promise<{ total: number; groups: DuplicateGroup[] }>,
): Promise<DuplicateGroup[]> {
  const all: DuplicateGroup[] = []
  for (;;) {
    const { total, groups } = await pageAt(all.length)
    all.push(...groups)
    if (!groups.length || all.length >= total) return all
  }
}
