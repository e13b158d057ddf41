/** The regions of an image as a list: in which order, which of them, under which headings. */
import { shapeArea } from '#shared/geometry/shape.ts'
import type { Region } from '#shared/model/region.ts'
import type { Shape } from '#shared/model/shape.ts'

export const regionOrders = ['drawn', 'label', 'area', 'score', 'place'] as const
export type RegionOrder = (typeof regionOrders)[number]

export interface RegionGroup {
  /** null: without a label; undefined: no groups are made. */
  labelId: number | null | undefined
  regions: Region[]
}

const areas = new WeakMap<Shape, number>()
/** In pixels of the image; of a shape that encloses nothing 0. */
export function areaOf({ shape }: Region): number {
  let area = areas.get(shape)
  if (area === undefined) areas.set(shape, (area = shape.kind === 'polyline' || shape.kind === 'keypoints' ? 0 : shapeArea(shape)))
  return area
}

const scoreOf = ({ author }: Region) => (author.kind === 'checkpoint' ? author.score : 1)
const corner = ({ shape }: Region): [number, number] => {
  switch (shape.kind) {
    case 'box':
      return [shape.y, shape.x]
    case 'rotated-box':
      return [shape.cy - shape.h / 2, shape.cx - shape.w / 2]
    case 'polygon':
      return [shape.parts[0]![0]![1]!, shape.parts[0]![0]![0]!]
    case 'polyline':
      return [shape.points[1]!, shape.points[0]!]
    case 'keypoints':
      return [shape.points[0]!.y, shape.points[0]!.x]
    case 'mask':
      return [0, 0]
  }
}

/**
 * `regions` come as they lie, the lowest first; drawn: the topmost first. label: by name. area: the largest first. score: the least sure
 * first. place: as one reads, from the top left.
 */
export function sortedRegions(regions: readonly Region[], order: RegionOrder, nameOf: (labelId: number | null) => string): Region[] {
  const list = [...regions].reverse()
  switch (order) {
    case 'drawn':
      return list
    case 'label':
      return list.sort((a, b) => nameOf(a.labelId).localeCompare(nameOf(b.labelId)))
    case 'area':
      return list.sort((a, b) => areaOf(b) - areaOf(a))
    case 'score':
      return list.sort((a, b) => scoreOf(a) - scoreOf(b))
    case 'place':
      return list.sort((a, b) => corner(a)[0] - corner(b)[0] || corner(a)[1] - corner(b)[1])
  }
}

/** Whose label, kind, state or attribute holds the words; all of the words must be found. */
export function matching(regions: readonly Region[], text: string, said: (r: Region) => string): Region[] {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean)
  if (!words.length) return [...regions]
  return regions.filter((r) => {
    const all = `${said(r)} ${Object.entries(r.attributes)
      .map(([k, v]) => `${k}=${v}`)
      .join(' ')}`.toLowerCase()
    return words.every((w) => all.includes(w))
  })
}

/** Under their labels, in the order in which those come. */
export function groupedRegions(regions: readonly Region[], byLabel: boolean): RegionGroup[] {
  if (!byLabel) return [{ labelId: undefined, regions: [...regions] }]
  const groups = new Map<number | null, Region[]>()
  for (const r of regions) {
    const list = groups.get(r.labelId)
    if (list) list.push(r)
    else groups.set(r.labelId, [r])
  }
  return [...groups].map(([labelId, regions]) => ({ labelId, regions }))
}
