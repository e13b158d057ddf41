/** ISAT with Segment Anything (github.com/yatengLG/ISAT_with_segment_anything): one file next to each image. */
import { polygonContains } from '#shared/geometry/polygon.ts'
import type { Ring } from '#shared/model/shape.ts'
import { properName } from '#shared/model/words.ts'
import type { Draft, DraftRegion, Source } from '../draft.ts'
import { isObject, numberOf, withAttributes } from '../fields.ts'
import { defineFormat } from '../format.ts'
import { folderOf, imageNamed, jsonOf, outside, ownFiles, splitBy } from '../lookup.ts'
import type { Peek } from '../peek.ts'
import { boxBetween, groupAttribute, joinParts, polygonOf, toRing } from '../shapes.ts'
import { join, stemOf } from '../tree.ts'
import path from 'node:path'
import { sentence } from '#shared/sentences/table.ts'

type Fields = Record<string, unknown>
const background = '__background__'

const recognises = ({ name, has, outline }: Peek) =>
  name.endsWith('.json') &&
  outline.root === 'object' &&
  outline.keys.get('info') === 'object' &&
  outline.keys.get('objects') === 'array' &&
  (has('ISAT') || (has('category') && has('segmentation') && has('layer')))

function* read(source: Source): Generator<Draft> {
  const { tree, images, findings } = source
  for (const file of ownFiles(source, recognises)) {
    const json = jsonOf(source, file)
    const info = isObject(json) ? json['info'] : undefined
    if (!isObject(json) || !isObject(info) || !Array.isArray(json['objects'])) {
      if (json !== undefined) findings.leave({ file }, sentence('finding.isat'))
      continue
    }
    const yaml = [folderOf(file), ''].map((f) => join(f, 'isat.yaml')).find((f) => tree.isFile(f))
    if (yaml)
      source.declareLabels(
        [...tree.text(yaml, 1 << 22).matchAll(/^\s*(?:-\s+)?name:\s*(.+?)\s*$/gm)]
          .map((m) => m[1]!.replace(/^['"]|['"]$/g, ''))
          .filter((n) => n !== background),
      )
    const named = typeof info['name'] === 'string' && info['name'] ? info['name'] : stemOf(path.posix.basename(file))
    const image = imageNamed(images, named, file)
    if (!image) {
      findings.leave({ file }, outside('info.name', named))
      continue
    }
    const note = typeof info['note'] === 'string' && info['note'].trim() ? [info['note'].trim().slice(0, 200)] : []
    yield {
      image,
      where: { file },
      split: splitBy(image.path, file),
      size: { width: numberOf(info['width']), height: numberOf(info['height']) },
      regions: regionsOf(source, file, json['objects']),
      tags: note,
    }
  }
}

/** Outlines of the same group and class form one object; a background outline cuts a hole into the objects below it. */
function regionsOf({ findings }: Source, file: string, objects: readonly unknown[]): DraftRegion[] {
  const made: (DraftRegion & { group?: string | number | null; layer: number; ring: Ring | null })[] = []
  for (const [i, o] of objects.entries()) {
    if (!isObject(o)) {
      findings.leave({ file }, sentence('finding.at-not-object', { at: `objects.${i}` }))
      continue
    }
    const ring = toRing((Array.isArray(o['segmentation']) ? o['segmentation'] : []).flat(2).map(numberOf))
    const b = Array.isArray(o['bbox']) ? o['bbox'].map(numberOf) : []
    if (!ring && b.length !== 4) {
      findings.leave({ file }, sentence('finding.segmentation-short', { at: `objects.${i}` }))
      continue
    }
    const shape = ring ? polygonOf(ring) : boxBetween(...(b as [number, number, number, number]))
    const rest: Fields = Object.fromEntries(
      Object.entries(o).filter(
        ([k, v]) => !['category', 'segmentation', 'bbox', 'area', 'group'].includes(k) && !(k === 'iscrowd' && v === false),
      ),
    )
    const group = typeof o['group'] === 'number' || typeof o['group'] === 'string' ? o['group'] : null
    made.push({
      label: typeof o['category'] === 'string' ? o['category'] : null,
      shape,
      group,
      layer: numberOf(o['layer']),
      ring,
      ...withAttributes(rest, group === null || group === '' ? undefined : { [groupAttribute]: group }),
    })
  }
  const kept = made.filter((m) => !(m.label === background && m.ring && cut(made, m.ring, m.layer)))
  return joinParts(kept.map(({ layer, ring, ...r }) => ({ ...r, z: Number.isInteger(layer) ? layer : 0, ...(ring ? {} : {}) })))
}

/** Adds the hole to the topmost part below that contains it. */
function cut(made: readonly (DraftRegion & { layer: number; ring: Ring | null })[], hole: Ring, layer: number): boolean {
  const corners = Array.from({ length: hole.length / 2 }, (_, i) => [hole[2 * i]!, hole[2 * i + 1]!] as const)
  const below = made
    .filter((m) => m.label !== background && m.layer <= layer && m.shape.kind === 'polygon')
    .sort((a, b) => b.layer - a.layer)
  for (const { shape } of below) {
    if (shape.kind !== 'polygon') continue
    const part = shape.parts.find((p) => corners.every(([x, y]) => polygonContains([p], x, y)))
    if (part) return part.push(hole) > 0
  }
  return false
}

export default defineFormat({
  id: 'isat',
  order: 80,
  title: properName('ISAT JSON'),
  about: { en: 'ISAT with Segment Anything, one file next to each image', ja: 'ISAT with Segment Anything（画像の隣に一つずつ）' },
  extensions: ['.json'],
  reference: 'https://github.com/yatengLG/ISAT_with_segment_anything',
  recognises,
  beside: true,
  read,
})
