/** LabelMe JSON, one file an image: wkentaro/labelme labelme/_label_file.py; X-AnyLabeling's extensions are read too. */
import { decode, encode } from 'fast-png'
import { writeFileSync } from 'node:fs'
import path from 'node:path'
import { z } from 'zod'
import { rleFromBitmap, rleToBitmap } from '#shared/geometry/rle.ts'
import { rleBox } from '#shared/geometry/rle.ts'
import type { RecordCaption, RecordRegion } from '#shared/model/record.ts'
import type { Attributes } from '#shared/model/region.ts'
import { keypointsShape, type Shape } from '#shared/model/shape.ts'
import { rotatedBoxRing } from '#shared/geometry/box.ts'
import { attributesFrom } from '../attributes.ts'
import { formatOf } from '../../../engine/data/formats.ts'
import type { Draft, DraftRegion, Size, Source } from '../draft.ts'
import { message, problemOf } from '../findings.ts'
import { becomes, defineFormat, usualLosses } from '../format.ts'
import { parsePythonJson } from '../json.ts'
import { placed, unpacking } from '../placed.ts'
import { provenance, provenanceOf, readProvenance } from '../provenance.ts'
import { checkPng } from '../png.ts'
import {
  boxBetween,
  ellipseRing,
  groupAttribute,
  hasHoles,
  joinedWithPlaces,
  maskOf,
  outlines,
  rotatedFromCorners,
  toRing,
} from '../shapes.ts'
import { copyImage, freeName, type Item, type Target, withoutImagesFolder, writeFile } from '../target.ts'
import { labelOf } from '../unlabelled.ts'
import type { Peek } from '../peek.ts'
import { splitFolder } from '../splits.ts'
import { findImage, join, stemOf } from '../tree.ts'

const coordinate = z
  .number()
  .nullable()
  .transform((n) => n ?? NaN)
const flags = z.record(z.string(), z.unknown()).nullish().catch(null)
const labelmeShape = z.looseObject({
  label: z
    .union([z.string(), z.number()])
    .nullish()
    .transform((l) => (l == null ? null : String(l))),
  points: z.array(z.tuple([coordinate, coordinate])),
  group_id: z.union([z.number(), z.string()]).nullish(),
  shape_type: z.string().nullish(),
  flags,
  description: z.string().nullish(),
  mask: z.string().nullish(),
  attributes: z.record(z.string(), z.unknown()).nullish().catch(null),
  /** The angle of a rotated box, in radians; its corners are as exact. */
  direction: z.number().nullish().catch(null),
  /** What our own files say beside that. */
  dashi: provenance.extend({ points: keypointsShape.shape.points.optional(), edges: keypointsShape.shape.edges }).nullish().catch(null),
})
const labelmeFile = z.looseObject({
  shapes: z.array(z.unknown()),
  imagePath: z.string().nullish(),
  imageHeight: z.number().nullish(),
  imageWidth: z.number().nullish(),
  flags,
  tags: z
    .array(z.union([z.string(), z.number()]))
    .nullish()
    .catch(null),
  description: z.string().nullish().catch(null),
  caption: z.string().nullish().catch(null),
  imageData: z.string().nullish().catch(null),
})
const ofShapes = new Set(Object.keys(labelmeShape.shape))
const ofFiles = new Set([...Object.keys(labelmeFile.shape), 'version', 'lineColor', 'fillColor', 'dashi'])
const others = (o: Record<string, unknown>, known: ReadonlySet<string>) =>
  Object.fromEntries(Object.entries(o).filter(([k]) => !known.has(k)))

async function* read(source: Source): AsyncGenerator<Draft> {
  const { tree, file, findings } = source
  for (const name of file === null ? tree.files('', findings) : [file]) {
    if (!name.endsWith('.json') || (file === null && !isLabelme(tree.peek(name)))) continue
    let parsed: z.output<typeof labelmeFile>
    try {
      parsed = labelmeFile.parse(parsePythonJson(tree.text(name)))
    } catch (e) {
      findings.leave({ file: name }, `not a LabelMe file: ${e instanceof z.ZodError ? problemOf(e) : message(e)}`)
      continue
    }
    const draft = draftOf(source, name, parsed, await imageOf(source, name, parsed))
    if (draft) yield draft
  }
}

/** The image that is named, or beside the file, or in it. */
async function imageOf(source: Source, file: string, f: z.output<typeof labelmeFile>): Promise<Pick<Draft, 'image' | 'root'> | null> {
  const { images, findings } = source
  const folder = path.posix.dirname(file) === '.' ? '' : path.posix.dirname(file)
  const byStem = () => images.imagesByStem(folder, path.posix.basename(stemOf(file)))[0]
  const named = f.imagePath
    ? findImage(images, f.imagePath.replaceAll('\\', '/'), [folder, '', join(folder, '../images').replace(/^\.\.\//, '')])
    : null
  const beside = named?.exists ? undefined : byStem()
  if (beside) return { image: { path: beside, exists: true } }
  if (named?.exists) return { image: named }
  const data = Buffer.from(f.imageData ?? '', 'base64')
  const extension = pictureExtension(data)
  if (extension) {
    const root = source.unpackTo(path.basename(source.tree.root))
    writeFileSync(unpacking(root), data)
    const name = await placed(root, [`${stemOf(file)}${extension}`], unpacking(root))
    findings.change({ file }, `the image ${f.imagePath ?? ''} is not there; imageData was taken, as ${name}`)
    return { image: { path: name, exists: true }, root }
  }
  if (!named)
    findings.leave({ file }, `imagePath ${JSON.stringify(f.imagePath ?? null)}: no name of an image, and no image beside the file`)
  return named && { image: named }
}

/** By its first bytes: the formats that labelme opens. */
function pictureExtension(data: Buffer): string | null {
  const start = data.toString('latin1', 0, 12)
  if (start.startsWith('\x89PNG')) return '.png'
  if (start.startsWith('\xff\xd8\xff')) return '.jpg'
  if (/^RIFF....WEBP/s.test(start)) return '.webp'
  if (/^GIF8/.test(start)) return '.gif'
  if (/^(II\*\0|MM\0\*)/.test(start)) return '.tif'
  if (formatOf(data) === 'BMP') return '.bmp'
  return null
}

function draftOf(
  { findings }: Source,
  file: string,
  f: z.output<typeof labelmeFile>,
  found: Pick<Draft, 'image' | 'root'> | null,
): Draft | null {
  if (!found) return null
  const described: { text: string; region: number }[] = []
  const regions: (DraftRegion & { group?: string | null })[] = []
  for (const [i, raw] of f.shapes.entries()) {
    const parsed = labelmeShape.safeParse(raw)
    if (!parsed.success) {
      findings.leave({ file }, `shapes.${i}.${problemOf(parsed.error)}`)
      continue
    }
    const s = parsed.data
    try {
      const { shape, changed } = shapeOf(s, { width: f.imageWidth ?? 0, height: f.imageHeight ?? 0 })
      if (changed) findings.change({ file }, `shapes.${i}: ${changed}`)
      regions.push({
        label: s.label,
        shape,
        group: s.group_id == null ? null : String(s.group_id),
        attributes: attributesOf(s),
        ...readProvenance(s.dashi ?? {}),
      })
      if (s.description?.trim()) described.push({ text: s.description, region: regions.length - 1 })
    } catch (e) {
      findings.leave({ file }, `shapes.${i}: ${message(e)}`)
    }
  }
  const { regions: joined, places } = joinedWithPlaces(regions)
  // Parts are one region, and need no group for it; whatever else a group ties keeps it.
  const groups = new Map<string, Set<number>>()
  regions.forEach(({ group }, i) => group != null && groups.set(group, (groups.get(group) ?? new Set()).add(places[i]!)))
  for (const [group, members] of groups)
    for (const at of members) {
      const r = joined[at]!
      const parts = r.shape.kind === 'polygon' ? r.shape.parts.length : 1
      if (parts === 1 || members.size > 1)
        r.attributes = { ...r.attributes, [groupAttribute]: Number.isFinite(Number(group)) ? Number(group) : group }
    }
  for (const r of joined) if (Object.keys(r.attributes ?? {}).length === 0) delete r.attributes
  const rest = Object.keys(attributesFrom(others(f, ofFiles)))
  if (rest.length) findings.note(`LabelMe: fields of the whole image that are not taken: ${rest.slice(0, 10).join(', ')}`)
  const marks = Object.entries(f.flags ?? {}).filter(([, v]) => v !== false && v !== null && v !== '')
  return {
    ...found,
    where: { file },
    split: splitFolder(found.image.path).split,
    size: { width: f.imageWidth ?? undefined, height: f.imageHeight ?? undefined },
    regions: joined,
    captions: [
      ...[f.description, f.caption].flatMap((text): RecordCaption[] => (text?.trim() ? [{ text }] : [])),
      ...described.map(({ text, region }): RecordCaption => ({ text, region: places[region]! })),
    ],
    labels: marks.filter(([, v]) => v === true).map(([label]) => ({ label })),
    tags: [
      ...new Set(
        [...(f.tags ?? []).map(String), ...marks.filter(([, v]) => v !== true).map(([k, v]) => `${k}: ${String(v)}`)]
          .map((t) => t.trim().slice(0, 200))
          .filter(Boolean),
      ),
    ],
  }
}

/** Those of X-AnyLabeling and of others that write into the shape itself; what is merely not so is not worth a word. */
function attributesOf(s: z.output<typeof labelmeShape>): Attributes {
  const all = attributesFrom(others(s, ofShapes), s.attributes, s.flags)
  if (all['difficult'] === false) delete all['difficult']
  return all
}

function shapeOf(s: z.output<typeof labelmeShape>, size: Size): { shape: Shape; changed?: string } {
  const p = s.points
  const flat = p.flat()
  const [a, b] = p
  const need = (n: number) => {
    if (p.length < n) throw new Error(`${s.shape_type ?? 'polygon'} of ${p.length} points, expected at least ${n}`)
  }
  switch (s.shape_type ?? 'polygon') {
    case 'rectangle':
      need(2)
      if (p.length === 2) return { shape: boxBetween(...a!, ...b!) }
      if (p.length === 4) return { shape: cornersShape(flat) } // X-AnyLabeling writes the four corners
      throw new Error(`rectangle of ${p.length} points, expected 2`)
    case 'rotation':
    case 'oriented_rectangle':
      need(4)
      return { shape: rotatedFromCorners(flat.slice(0, 8)) ?? { kind: 'polygon', parts: [[flat]] } }
    case 'circle': {
      need(2)
      const r = Math.hypot(b![0] - a![0], b![1] - a![1])
      return { shape: { kind: 'polygon', parts: [[ellipseRing(...a!, r, r)]] }, changed: 'a circle became a polygon of 64 points' }
    }
    case 'point':
    case 'points':
      need(1)
      if (s.dashi?.points)
        return { shape: { kind: 'keypoints', points: s.dashi.points, ...(s.dashi.edges?.length ? { edges: s.dashi.edges } : {}) } }
      return { shape: { kind: 'keypoints', points: p.map(([x, y]) => ({ x, y, v: 2 })) } }
    case 'line':
    case 'linestrip':
      need(2)
      return { shape: { kind: 'polyline', points: flat } }
    case 'mask': {
      need(2)
      return { shape: decodeMask(s.mask, Math.round(Math.min(a![0], b![0])), Math.round(Math.min(a![1], b![1])), size) }
    }
    case 'polygon': {
      const ring = toRing(flat)
      if (!ring) throw new Error(`polygon of ${p.length} points, expected at least 3`)
      const turned = s.direction != null && rotatedFromCorners(flat)
      return { shape: turned || { kind: 'polygon', parts: [[ring]] } }
    }
    case 'cuboid':
      need(8)
      return { shape: { kind: 'polygon', parts: [[flat.slice(0, 8)], [flat.slice(8, 16)]] }, changed: 'a cuboid became its two faces' }
    default: {
      const ring = toRing(flat)
      if (!ring) throw new Error(`shape_type ${s.shape_type} is not known`)
      return {
        shape: { kind: 'polygon', parts: [[ring]] },
        ...(s.shape_type === 'quadrilateral' ? {} : { changed: `shape_type ${s.shape_type} is not known; taken as a polygon` }),
      }
    }
  }
}

/** An upright box, or one that is turned, or what else four corners make. */
function cornersShape(p: readonly number[]): Shape {
  const [ax, ay, bx, by, cx, cy, dx, dy] = p as [number, number, number, number, number, number, number, number]
  const upright = (ax === dx && bx === cx && ay === by && cy === dy) || (ax === bx && cx === dx && ay === dy && by === cy)
  return upright ? boxBetween(ax, ay, cx, cy) : (rotatedFromCorners(p) ?? { kind: 'polygon', parts: [[[...p]]] })
}

/** A PNG, base64, of the mask's own box, laid on the image at (left, top). */
function decodeMask(base64: string | null | undefined, left: number, top: number, { width, height }: Size): Shape {
  if (!base64) throw new Error('mask without its picture')
  if (!(width > 0 && height > 0 && width * height < 2 ** 28)) throw new Error('mask on an image whose size is not annotated')
  const bytes = Buffer.from(base64, 'base64')
  checkPng(bytes)
  const png = decode(bytes)
  const bitmap = new Uint8Array(width * height)
  const perRow = png.depth < 8 ? Math.ceil((png.width * png.channels * png.depth) / 8) : 0
  for (let y = 0; y < png.height; y++)
    for (let x = 0; x < png.width; x++) {
      const value = perRow
        ? (png.data[y * perRow + Math.floor((x * png.depth) / 8)]! >> (8 - png.depth - ((x * png.depth) % 8))) & ((1 << png.depth) - 1)
        : png.data[(y * png.width + x) * png.channels]!
      if (value && x + left >= 0 && x + left < width && y + top >= 0 && y + top < height) bitmap[(y + top) * width + x + left] = 1
    }
  return { kind: 'mask', rle: rleFromBitmap(bitmap, height, width) }
}

function write(items: Iterable<Item>, target: Target): void {
  for (const item of items) {
    const { record } = item
    const name = freeName(target, withoutImagesFolder(record.fileName), (stem) => `${stem}.json`)
    copyImage(target, item, name)
    const described = new Map<number, string>()
    for (const c of record.captions ?? [])
      if (c.region != null) described.set(c.region, described.has(c.region) ? `${described.get(c.region)}\n${c.text}` : c.text)
    // Group numbers of the dataset are kept; parts get new ones above them.
    let group = Math.max(0, ...(record.regions ?? []).map((r) => Number(r.attributes?.[groupAttribute]) || 0))
    const shapes = (record.regions ?? []).flatMap((r, i) => {
      const some = shapesOf(r, item)
      if (some.length === 0)
        target.findings.leave({ file: record.fileName }, `${r.shape.kind} of ${labelOf(r)}: the size of the image is not known`)
      const { [groupAttribute]: own, ...rest } = r.attributes ?? {}
      const keepsGroup = some.length <= 1 && (typeof own === 'number' || typeof own === 'string')
      const group_id = some.length > 1 ? ++group : keepsGroup ? own : null
      const flags = Object.fromEntries(Object.entries(rest).filter(([, v]) => typeof v === 'boolean'))
      const attributes = Object.fromEntries(
        Object.entries(keepsGroup ? rest : (r.attributes ?? {})).filter(([, v]) => typeof v !== 'boolean'),
      )
      return some.map(({ dashi, ...s }, k) => {
        const extra = { ...provenanceOf(r), ...dashi }
        return {
          label: labelOf(r),
          group_id,
          description: k === 0 ? (described.get(i) ?? '') : '',
          flags,
          mask: null,
          ...(Object.keys(attributes).length ? { attributes } : {}),
          ...(Object.keys(extra).length ? { dashi: extra } : {}),
          ...s,
        }
      })
    })
    const whole = (record.captions ?? []).filter((c) => c.region == null)
    if (whole.length > 1) target.findings.leave({ file: record.fileName }, `${whole.length} captions; only the first was written`)
    const document = {
      version: '5.5.0',
      flags: Object.fromEntries((record.labels ?? []).map((l) => [l.label, true])),
      shapes,
      ...(whole[0] ? { description: whole[0].text } : {}),
      ...(record.tags?.length ? { tags: record.tags } : {}),
      imagePath: path.posix.basename(name),
      imageData: null,
      imageHeight: record.height ?? null,
      imageWidth: record.width ?? null,
    }
    writeFile(target, `${stemOf(name)}.json`, `${JSON.stringify(document, null, 2)}\n`)
  }
}

/** A shape as LabelMe has it, and what it has no place for. */
type Written = { shape_type: string; points: number[][]; dashi?: object } & Record<string, unknown>

const pairs = (flat: readonly number[]) => Array.from({ length: flat.length / 2 }, (_, i) => [flat[2 * i]!, flat[2 * i + 1]!])

function shapesOf({ shape }: RecordRegion, { record }: Item): Written[] {
  switch (shape.kind) {
    case 'box':
      return [
        {
          shape_type: 'rectangle',
          points: [
            [shape.x, shape.y],
            [shape.x + shape.w, shape.y + shape.h],
          ],
        },
      ]
    case 'polyline':
      return [{ shape_type: 'linestrip', points: pairs(shape.points) }]
    case 'keypoints': {
      const seen = shape.points.filter((p) => p.v > 0)
      const plain = seen.length === shape.points.length && !shape.edges?.length && seen.every((p) => p.v === 2 && p.name === undefined)
      const dashi = plain ? {} : { dashi: { points: shape.points, ...(shape.edges?.length ? { edges: shape.edges } : {}) } }
      return [
        {
          shape_type: seen.length === 1 ? 'point' : 'points',
          points: (seen.length ? seen : shape.points).map((p) => [p.x, p.y]),
          ...dashi,
        },
      ]
    }
    case 'rotated-box':
      return [{ shape_type: 'polygon', points: pairs(rotatedBoxRing(shape)), direction: (shape.angle * Math.PI) / 180 }]
    case 'polygon':
      if (!hasHoles(shape)) return outlines(shape)!.map((ring) => ({ shape_type: 'polygon', points: pairs(ring) }))
  }
  if (shape.kind !== 'mask' && !(record.width && record.height)) return []
  const rle = maskOf(shape, { width: record.width ?? 0, height: record.height ?? 0 })!
  const [height, width] = rle.size
  const { x, y, w, h } = rleBox(rle)
  if (w === 0) return []
  const bits = rleToBitmap(rle)
  const crop = new Uint8Array(w * h)
  for (let row = 0; row < h; row++) for (let col = 0; col < w; col++) crop[row * w + col] = bits[(y + row) * width + x + col] ? 255 : 0
  void height
  const mask = Buffer.from(encode({ width: w, height: h, data: crop, channels: 1, depth: 8 })).toString('base64')
  // LabelMe's second corner is the last pixel itself.
  return [
    {
      shape_type: 'mask',
      points: [
        [x, y],
        [x + w - 1, y + h - 1],
      ],
      mask,
    },
  ]
}

const isLabelme = ({ name, has }: Peek) => name.endsWith('.json') && has('shapes') && (has('imagePath') || has('imageHeight'))

const { 'image labels': _, 'region captions': __, captions: ___, tags: ____, authors: _____, ...without } = usualLosses
export default defineFormat({
  id: 'labelme',
  order: 190,
  title: { en: 'LabelMe', ja: 'LabelMe' },
  about: { en: 'A file beside each image, with the extensions of X-AnyLabeling', ja: '画像の隣に一つずつ。X-AnyLabeling の拡張を含む' },
  extensions: ['.json'],
  reference: 'https://github.com/wkentaro/labelme',
  recognises: isLabelme,
  beside: true,
  read,
  write,
  images: 'copy',
  losses: {
    ...without,
    'several captions an image': becomes.onlyFirst,
    holes: becomes.holesAsMasks,
    splits: becomes.leftOut,
    'unlabelled regions': becomes.unlabelledLabel,
  },
})
