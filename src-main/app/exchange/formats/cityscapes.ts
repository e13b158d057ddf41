/**
 * Cityscapes polygons: one JSON per image, `*_gtFine_polygons.json`, in drawing order; also CityPersons boxes.
 * mcordts/cityscapesScripts helpers/annotation.py.
 */
import path from 'node:path'
import { z } from 'zod'
import { sentence } from '#shared/sentences/table.ts'
import { problemOf, reasonFor, type Said, Unfit } from '../findings.ts'
import { attributesFrom } from '../attributes.ts'
import type { Draft, DraftRegion, Source } from '../draft.ts'
import { defineFormat } from '../format.ts'
import { parsePythonJson } from '../json.ts'
import type { Peek } from '../peek.ts'
import { boxOf, toRing } from '../shapes.ts'
import { usualSplit } from '../splits.ts'
import { isImage, stemOf } from '../tree.ts'

const coordinate = z
  .number()
  .nullable()
  .transform((n) => n ?? NaN)
const object = z.looseObject({
  label: z.string(),
  polygon: z.array(z.tuple([coordinate, coordinate])).nullish(),
  bbox: z.array(coordinate).length(4).nullish(),
  deleted: z.union([z.number(), z.boolean()]).nullish(),
})
const document = z.object({ imgWidth: z.number(), imgHeight: z.number(), objects: z.array(z.unknown()) })

const ending = /_(gtFine|gtCoarse|gtBboxCityPersons)?(_?polygons)?$/

function* read(source: Source): Generator<Draft> {
  const { tree, images, file, findings } = source
  const byStem = new Map<string, string>()
  for (const f of images.files(''))
    if (isImage(f) && !/_gt(Fine|Coarse)_/.test(f)) byStem.set(path.posix.basename(stemOf(f)).replace(/_leftImg8bit$/, ''), f)
  for (const name of file === null ? tree.files('', findings) : [file]) {
    if (file === null && !(name.endsWith('.json') && recognises(tree.peek(name)))) continue
    const stem = path.posix.basename(stemOf(name))
    try {
      const parsed = document.safeParse(parsePythonJson(tree.text(name)))
      if (!parsed.success) throw new Unfit(problemOf(parsed.error))
      const { imgWidth: width, imgHeight: height, objects } = parsed.data
      const image = byStem.get(stem.replace(ending, '')) ?? byStem.get(stem)
      const split =
        name
          .split('/')
          .slice(0, -1)
          .map(usualSplit)
          .find((s) => s !== undefined) ?? null
      const regions = objects.flatMap((o, i) =>
        regionsOf(o, (reason) => findings.leave({ file: name }, sentence('in-field', { field: `objects.${i}`, problem: reason }))),
      )
      // A missing image gets the path that the dataset would give it.
      const missing = name
        .replace(/(^|\/)gt(Fine|Coarse|BboxCityPersons)\//, '$1leftImg8bit/')
        .replace(/[^/]+$/, `${stem.replace(ending, '')}_leftImg8bit.png`)
      yield {
        image: image === undefined ? { path: missing, exists: false } : { path: image, exists: true },
        where: { file: name },
        size: { width, height },
        split,
        regions,
      }
    } catch (e) {
      findings.leave({ file: name }, reasonFor(e))
    }
  }
}

function regionsOf(raw: unknown, leave: (reason: Said) => void): DraftRegion[] {
  const parsed = object.safeParse(raw)
  if (!parsed.success) {
    leave(problemOf(parsed.error))
    return []
  }
  const { label, polygon, bbox, deleted, id: _, draw: __, verified: ___, date: ____, ...rest } = parsed.data
  if (deleted === 1 || deleted === true) return []
  // cargroup: cars that were not separated.
  const crowd = /^(\w[\w ]*)group$/.exec(label)
  const attributes = attributesFrom(rest, crowd && label !== 'polegroup' ? { iscrowd: true } : {})
  const ring = polygon && toRing(polygon.flat())
  if (!ring && !bbox) {
    leave(sentence('finding.polygon-short', { what: label }))
    return []
  }
  const shape = ring ? { kind: 'polygon' as const, parts: [[ring]] } : boxOf(...(bbox as [number, number, number, number]))
  return [{ label: crowd && label !== 'polegroup' ? crowd[1]! : label, shape, ...(Object.keys(attributes).length ? { attributes } : {}) }]
}

const recognises = ({ name, has }: Peek) => name.endsWith('.json') && has('imgHeight') && has('objects')

export default defineFormat({
  id: 'cityscapes',
  order: 230,
  title: { en: 'Cityscapes polygons', ja: 'Cityscapes の多角形' },
  about: { en: 'Outlines of street scenes (gtFine, *_polygons.json)', ja: '街路景の輪郭（gtFine、*_polygons.json）' },
  extensions: ['.json'],
  reference: 'https://www.cityscapes-dataset.com/dataset-overview/',
  recognises,
  read,
})
