/** The legend of a map: for each value, the images that have it, found with one filter query each. */
import type { Facets } from '#shared/contract/media.ts'
import type { MediaFilter } from '#shared/model/project.ts'
import { seriesColour } from '../../../chart.ts'
import type { colourings } from '../../../routing/address.ts'

export type Colouring = (typeof colourings)[number]

export interface LegendValue {
  /** The displayed name; null for a value without one, such as no split. */
  readonly name: string | null
  readonly colour: string
  readonly filter: MediaFilter
  readonly count: number
}

/** More colours could not be told apart; the rest stays grey. */
const most = 12
const more = ['#8c6d31', '#c2457d', '#5c7cfa', '#7a8b2a', '#b08cd9', '#4d9c8d']
const colourAt = (i: number) => (i < 6 ? seriesColour(i) : more[(i - 6) % more.length]!)

/** The values of a colouring, most frequent first. */
export function legendOf(
  by: Colouring,
  facets: Facets | null,
  labels: readonly { id: number; name: string; colour: string }[],
): LegendValue[] {
  if (!facets) return []
  const frequent = <T extends { count: number }>(of: readonly T[]) =>
    of
      .filter((x) => x.count > 0)
      .sort((a, b) => b.count - a.count)
      .slice(0, most)
  switch (by) {
    case 'label': {
      const known = new Map(labels.map((l) => [l.id, l]))
      return frequent(facets.labels).flatMap(({ labelId, count }) => {
        const label = known.get(labelId)
        return label ? [{ name: label.name, colour: label.colour, filter: { labelIds: [labelId] }, count }] : []
      })
    }
    case 'split':
      return frequent(facets.splits).map(({ value, count }, i) => ({
        name: value,
        colour: value === null ? '#8a857a' : colourAt(i),
        filter: { split: value },
        count,
      }))
    case 'author':
      return frequent(facets.authors).map(({ kind, name, count }, i) => ({
        name,
        colour: colourAt(i),
        filter: { author: { kind, name } },
        count,
      }))
    case 'review':
      return frequent(facets.review).map(({ value, count }, i) => ({
        name: value,
        colour: value === 'unreviewed' ? '#8a857a' : colourAt(i),
        filter: { review: value as 'approved' },
        count,
      }))
    case 'none':
      return []
  }
}
