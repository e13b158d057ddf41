/** Which images of a group stay: what was proposed, or what a person chose instead. */
import type { DuplicateGroup } from '#shared/model/curation.ts'

/** Group id → images to keep. */
export type Choices = Map<number, ReadonlySet<number>>

const proposed = (group: DuplicateGroup): ReadonlySet<number> => new Set(group.images.filter((i) => i.keep).map((i) => i.mediaId))

export const isKept = (group: DuplicateGroup, mediaId: number, choices: Choices): boolean =>
  (choices.get(group.id) ?? proposed(group)).has(mediaId)

/**
 * Those to keep once an image is turned from kept to not kept or back. At least one stays: where it was the only one, the whole group does,
 * since whoever takes the mark from it says that none is a copy that may go.
 */
export function turned(group: DuplicateGroup, mediaId: number, choices: Choices): ReadonlySet<number> {
  const now = new Set(choices.get(group.id) ?? proposed(group))
  if (!now.delete(mediaId)) now.add(mediaId)
  return now.size ? now : new Set(group.images.map((i) => i.mediaId))
}

/** The images that go, in the order of the groups. */
export const dropped = (groups: readonly DuplicateGroup[], choices: Choices): number[] =>
  groups.flatMap((g) => g.images.filter((i) => !isKept(g, i.mediaId, choices)).map((i) => i.mediaId))

/** Every page of them. */
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
