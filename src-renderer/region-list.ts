/** The list of an image's regions: sorting, filtering, grouping. */
import { shapeArea } from '#shared/geometry/shape.ts'
import type { Region } from '#shared/model/region.ts'
import type { Shape } from '#shared/model/shape.ts'

export const regionOrders = ['drawn', 'label', 'area', 'score', 'place'] as const
export type RegionOrder = (typeof regionOrders)[number]

export interface RegionGroup {
  /** null: regions without a label; undefined: no grouping. */
  labelId: number | null | undefined
  regions: Region[]
}

const areas = new WeakMap<Shape, number>()
/** Area in image pixels; 0 for shapes that enclose nothing. */
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
 * `regions` are in drawing order, lowest first. drawn: topmost first; label: by name; area: largest first; score: least confident first;
 * place: in reading order, from the top left.
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

/** Regions whose label, kind, state or attributes contain all of the words. */
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

/** Grouped by label, in the order of first occurrence. */
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
