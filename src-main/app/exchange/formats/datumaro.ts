/** Datumaro JSON: openvinotoolkit/datumaro, src/datumaro/plugins/data_formats/datumaro/{base,exporter}.py. */
import { z } from 'zod'
import { checkRuns, encodeRle } from '#shared/geometry/rle.ts'
import type { RecordCaption, RecordLabel } from '#shared/model/record.ts'
import type { Shape } from '#shared/model/shape.ts'
import { attributeDefinitions } from '#shared/model/attribute.ts'
import { attributes as attributesSchema } from '#shared/model/region.ts'
import { properName } from '#shared/model/words.ts'
import type { Draft, DraftRegion, Source } from '../draft.ts'
import { problemOf, reasonFor, Unfit } from '../findings.ts'
import { becomes, defineFormat, usualExcept } from '../format.ts'
import { sentence } from '#shared/sentences/table.ts'
import { jsonItems } from '../json.ts'
import { skeletonFrom, namedAt } from '../objects.ts'
import { boxOf, ellipseRing, groupAttribute, joinParts, rotatedFromCorners, toRing } from '../shapes.ts'
import { notAClass } from '../class-folders.ts'
import type { Peek } from '../peek.ts'
import { splitOfFile } from '../splits.ts'
import { findImage, type Found } from '../tree.ts'
import path from 'node:path'
import { write } from './datumaro/write.ts'

const n = z
  .number()
  .nullable()
  .transform((v) => v ?? NaN)
const categories = z.looseObject({
  label: z
    .looseObject({
      labels: z.array(
        z.looseObject({
          name: z.string(),
          parent: z.string().nullish().catch(undefined),
          dashi: z
            .object({ attributes: attributeDefinitions.default([]), layout: z.unknown().optional() })
            .nullish()
            .catch(undefined),
        }),
      ),
    })
    .nullish(),
  points: z
    .looseObject({
      items: z.array(
        z.looseObject({ label_id: z.number(), labels: z.array(z.string()).nullish(), joints: z.array(z.array(z.number())).nullish() }),
      ),
    })
    .nullish(),
})
const annotation = z.looseObject({
  id: z.number().nullish(),
  type: z.string(),
  label_id: z.number().nullish(),
  group: z.number().nullish(),
  z_order: z.number().nullish(),
  attributes: z.record(z.string(), z.unknown()).nullish(),
  bbox: z.array(n).nullish(),
  points: z.array(n).nullish(),
  visibility: z.array(z.number()).nullish(),
  rle: z.object({ counts: z.union([z.string(), z.array(z.number())]), size: z.tuple([z.number(), z.number()]) }).nullish(),
  caption: z.string().nullish(),
})
const item = z.looseObject({
  id: z.union([z.string(), z.number()]).transform(String),
  annotations: z.array(z.unknown()).nullish(),
  image: z.looseObject({ path: z.string().nullish(), size: z.array(z.number()).nullish() }).nullish(),
  media: z.looseObject({ path: z.string().nullish() }).nullish(),
})
type Annotation = z.output<typeof annotation>
interface Names {
  labels: string[]
  joints: Map<number, { names: string[]; edges: [number, number][] }>
}

function* read(source: Source): Generator<Draft> {
  const { tree, file } = source
  const at = tree.isFolder('annotations') ? 'annotations/' : ''
  const found = () =>
    tree
      .names(at.slice(0, -1))
      .filter((f) => f.endsWith('.json'))
      .map((f) => at + f)
      .filter((f) => isDatumaro(tree.peek(f)))
  for (const name of file === null ? found() : [file]) yield* readFile(source, name)
}

function* readFile(source: Source, file: string): Generator<Draft> {
  const { tree, findings } = source
  const names: Names = { labels: [], joints: new Map() }
  for (const { value, line } of jsonItems(tree.absolute(file), { values: ['categories'] })) {
    const parsed = categories.safeParse(value)
    if (!parsed.success) {
      findings.leave({ file, line }, sentence('in-field', { field: 'categories', problem: problemOf(parsed.error) }))
      continue
    }
    const labels = parsed.data.label?.labels ?? []
    names.labels = labels.map((l) => l.name)
    for (const p of parsed.data.points?.items ?? []) {
      // Joints are counted from 1, as in COCO.
      const edges = (p.joints ?? [])
        .filter((j) => j.length === 2)
        .map(([a, b]): [number, number] => [a! - 1, b! - 1])
        .filter(([a, b]) => a >= 0 && b >= 0)
      names.joints.set(p.label_id, { names: p.labels ?? [], edges })
    }
    source.declareLabels(
      labels.map((l, id) => {
        const joints = names.joints.get(id)
        return {
          name: l.name,
          ...(l.parent ? { parent: l.parent } : {}),
          ...(l.dashi ? { attributes: l.dashi.attributes } : {}),
          skeleton: joints && skeletonFrom(joints.names, joints.edges, l.dashi?.layout),
        }
      }),
    )
    break // the rest is read in the second pass
  }
  const subset = path.posix.basename(file, '.json')
  for (const { value, line, problem } of jsonItems(tree.absolute(file), { elements: ['items'] })) {
    const parsed = item.safeParse(value)
    if (problem || !parsed.success) {
      findings.leave({ file, line }, problem ?? sentence('in-field', { field: 'item', problem: problemOf(parsed.error!) }))
      continue
    }
    const draft = draftOf(source, { file, line }, parsed.data, names, subset)
    if (draft) yield draft
  }
}

function draftOf(
  { images, findings }: Source,
  where: { file: string; line: number },
  i: z.output<typeof item>,
  names: Names,
  subset: string,
): Draft | null {
  const name = i.image?.path || i.media?.path || i.id
  const bases = [`images/${subset}`, subset, 'images', '']
  const named = findImage(images, name, bases)
  const byId = named?.exists ? undefined : bases.flatMap((b) => imagesById(images, b, i.id))[0]
  const image: Found | null = byId ? { path: byId, exists: true } : named
  if (!image) {
    findings.leave(where, sentence('finding.image-outside', { name: JSON.stringify(name) }))
    return null
  }
  const regions: (DraftRegion & { group?: number | null | undefined })[] = []
  const labels: RecordLabel[] = []
  const captions: RecordCaption[] = []
  for (const [k, raw] of (i.annotations ?? []).entries()) {
    const parsed = annotation.safeParse(raw)
    if (!parsed.success) {
      findings.leave(where, problemOf(parsed.error, 'annotations', k))
      continue
    }
    const a = parsed.data
    const label = a.label_id == null ? null : (names.labels[a.label_id] ?? `label ${a.label_id}`)
    try {
      if (a.type === 'label') {
        if (label) labels.push({ label })
      } else if (a.type === 'caption') {
        if (a.caption) captions.push({ text: a.caption })
      } else {
        const shape = shapeOf(a, names)
        const extra: Record<string, string | number | boolean> = {}
        for (const [name, v] of Object.entries(a.attributes ?? {}))
          if (name !== 'rotation' && attributesSchema.safeParse({ [name]: v }).success) extra[name] = v as string
        if (a.group && shape.kind !== 'polygon') extra[groupAttribute] = a.group
        regions.push({
          label,
          shape,
          line: where.line,
          group: a.group,
          ...(a.z_order ? { z: Math.trunc(a.z_order) } : {}),
          ...(Object.keys(extra).length ? { attributes: extra } : {}),
        })
      }
    } catch (e) {
      findings.leave(where, sentence('in-field', { field: `${a.type} ${a.id ?? k}`, problem: reasonFor(e) }))
    }
  }
  const [height, width] = i.image?.size ?? []
  // Only in `annotations` is a file named after its subset; elsewhere its name means nothing.
  const split =
    subset === 'default'
      ? null
      : /(^|\/)annotations\//.test(where.file) && notAClass(subset) !== 'folders.date'
        ? subset
        : splitOfFile(where.file)
  return { image, where, size: { width, height }, split, regions: joinParts(regions), labels, captions }
}

const imagesById = (images: Source['images'], base: string, id: string) => {
  const slash = id.lastIndexOf('/')
  return images.imagesByStem([base, slash < 0 ? '' : id.slice(0, slash)].filter(Boolean).join('/'), id.slice(slash + 1))
}

function shapeOf(a: Annotation, names: Names): Shape {
  const p = a.points ?? []
  switch (a.type) {
    case 'bbox': {
      if (a.bbox?.length !== 4) throw new Unfit(sentence('finding.bbox-four'))
      const [x, y, w, h] = a.bbox as [number, number, number, number]
      const angle = Number(a.attributes?.['rotation'] ?? 0)
      return angle ? { kind: 'rotated-box', cx: x + w / 2, cy: y + h / 2, w, h, angle } : boxOf(x, y, w, h)
    }
    case 'rotated_bbox': {
      // Rotated box as cx, cy, w, h, r; some versions store corners.
      if (p.length === 8) return rotatedFromCorners(p) ?? { kind: 'polygon', parts: [[p]] }
      const [cx, cy, w, h, angle] = (a.bbox ?? p) as [number, number, number, number, number]
      return { kind: 'rotated-box', cx, cy, w, h, angle }
    }
    case 'polygon': {
      const ring = toRing(p)
      if (!ring) throw new Unfit(sentence('finding.three-points'))
      return { kind: 'polygon', parts: [[ring]] }
    }
    case 'polyline':
      if (p.length < 4 || p.length % 2) throw new Unfit(sentence('finding.two-points'))
      return { kind: 'polyline', points: p }
    case 'points': {
      if (p.length < 2 || p.length % 2) throw new Unfit(sentence('finding.no-point'))
      const j = names.joints.get(a.label_id ?? -1)
      const points = Array.from({ length: p.length / 2 }, (_, i) => {
        const v = a.visibility?.[i] === 0 ? (0 as const) : a.visibility?.[i] === 1 ? (1 as const) : (2 as const)
        return { ...namedAt(j?.names[i], i), x: v ? p[2 * i]! : 0, y: v ? p[2 * i + 1]! : 0, v }
      })
      const edges = (j?.edges ?? []).filter(([s, t]) => s < points.length && t < points.length)
      return { kind: 'keypoints', points, ...(edges.length ? { edges } : {}) }
    }
    case 'ellipse': {
      if (p.length !== 4) throw new Unfit(sentence('finding.ellipse-four'))
      const [x1, y1, x2, y2] = p as [number, number, number, number]
      return { kind: 'polygon', parts: [[ellipseRing((x1 + x2) / 2, (y1 + y2) / 2, (x2 - x1) / 2, (y2 - y1) / 2)]] }
    }
    case 'mask': {
      if (!a.rle) throw new Unfit(sentence('finding.mask-without-rle'))
      const {
        counts,
        size: [height, width],
      } = a.rle
      return {
        kind: 'mask',
        rle: typeof counts === 'string' ? { size: [height, width], counts } : encodeRle(checkRuns({ height, width, counts })),
      }
    }
    default:
      throw new Unfit(sentence('finding.not-image-annotation'))
  }
}

const isDatumaro = ({ name, has }: Peek) =>
  name.endsWith('.json') &&
  has('items') &&
  (has('dm_format_version') || (has('infos') && has('categories')) || (has('categories') && has('label_id')))

export default defineFormat({
  id: 'datumaro',
  order: 200,
  title: properName('Datumaro'),
  about: { en: 'Items with their annotations, one file per subset', ja: '項目とその注釈。サブセットごとに一つのファイル' },
  extensions: ['.json'],
  reference: 'https://openvinotoolkit.github.io/datumaro/latest/docs/data-formats/formats/datumaro.html',
  recognises: isDatumaro,
  apart: ['annotations', 'labels'],
  read,
  write,
  images: 'none',
  losses: {
    ...usualExcept('image labels', 'captions', 'drawing order', 'attribute definitions', 'parent labels', 'skeletons'),
    holes: becomes.holesAsMasks,
  },
})
