/** Drawings of studios that neither Nano's training nor the sample uses: of more studios, a model learns what all have in common. */
import { hammingDistance } from '#shared/phash.ts'
import { type Concept, oodStyle, taskStyle } from '#shared/model/sample.ts'
import type { Picture } from '../../engine/pretrain/index.ts'
import { concepts as allConcepts } from '../sample/concepts.ts'
import { iconSet } from '../sample/iconset.ts'
import { mapLimit } from '../sample/pool.ts'
import { renderIcon } from '../sample/render.ts'
import { hardlyRedrawn } from '../sample/sample.ts'
import { hasher, renderAll } from './pictures.ts'

const moreStyles = ['emojione-v1', 'streamline-emojis'] as const

/** Names in one form: hyphens differ, and one set numbers its drawings where there are several. */
const plain = (name: string) =>
  name
    .toLowerCase()
    .replace(/-1$/, '')
    .replace(/[^a-z0-9]/g, '')

/** The icon of each concept that a set draws, by the concept's name or the one that another set gives it. */
export function iconsOf(set: string, concepts: readonly Concept[]): Map<Concept, string> {
  const { icons, aliases } = iconSet(set)
  const known = new Map([...Object.keys(aliases), ...Object.keys(icons)].map((name) => [plain(name), name]))
  const owner = new Map(allConcepts().map((c) => [plain(c.name), c.id]))
  return new Map(
    concepts.flatMap((concept) => {
      const names = [concept.name, ...Object.values(concept.styles)].map(plain)
      // What one set calls this concept may be another concept's own name.
      const name = names.find((n) => known.has(n) && (owner.get(n) ?? concept.id) === concept.id)
      return name === undefined ? [] : [[concept, known.get(name)!] as const]
    }),
  )
}

/**
 * Each drawing, with its concept's place in the list; without those that are drawn nearly as in a style that the sample tests with.
 * @param size side in pixels
 */
export async function renderMore(concepts: readonly Concept[], size: number): Promise<Picture[]> {
  const wanted = moreStyles.flatMap((set) => [...iconsOf(set, concepts)].map(([concept, name]) => ({ set, concept, name })))
  const all = await mapLimit(wanted, async ({ set, concept, name }) => ({
    concept: concepts.indexOf(concept),
    rgba: (await renderIcon(set, name, size)).data,
  }))
  const hash = hasher(size)
  const tested = new Map<number, bigint[]>()
  for (const style of [taskStyle, oodStyle])
    for (const picture of await renderAll(concepts, [style], size))
      tested.set(picture.concept, [...(tested.get(picture.concept) ?? []), await hash(picture)])
  const kept = await mapLimit(all, async (picture) => {
    const own = await hash(picture)
    return (tested.get(picture.concept) ?? []).some((other) => hammingDistance(own, other) <= hardlyRedrawn) ? [] : [picture]
  })
  return kept.flat()
}
