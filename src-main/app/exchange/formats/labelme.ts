/** LabelMe JSON, one file an image: wkentaro/labelme labelme/_label_file.py; X-AnyLabeling's extensions are read too. */
import { decode, encode } from 'fast-png'
import { writeFileSync } from 'node:fs'
import path from 'node:path'
import { z } from 'zod'
import { rleFromBitmap, rleToBitmap } from '#shared/geometry/rle.ts'
import { rleBox } from '#shared/geometry/rle.ts'
import type { RecordCaption, RecordRegion } from '#shared/model/record.ts'
import { attributes as attributesSchema } from '#shared/model/region.ts'
import type { Shape } from '#shared/model/shape.ts'
import type { Draft, DraftRegion, Size, Source } from '../draft.ts'
import { message } from '../findings.ts'
import { type Format, usualLosses } from '../format.ts'
import { parsePythonJson } from '../json.ts'
import { placed, unpacking } from '../placed.ts'
import { checkPng } from '../png.ts'
import { boxBetween, ellipseRing, groupAttribute, hasHoles, joinParts, maskOf, outlines, rotatedFromCorners, toRing } from '../shapes.ts'
import { copyImage, freeName, type Item, labelOf, type Target, withoutImagesFolder, writeFile } from '../target.ts'
import { splitFolder } from '../splits.ts'
import { findImage, join, stemOf } from '../tree.ts'

const coordinate = z.number().nullable().transform((n) => n ?? NaN)
const labelmeShape = z.object({
  label: z.union([z.string(), z.number()]).nullish().transform((l) => (l == null ? null : String(l))),
  points: z.array(z.tuple([coordinate, coordinate])),
  group_id: z.union([z.number(), z.string()]).nullish(),
  shape_type: z.string().nullish(),
  flags: z.record(z.string(), z.boolean()).nullish(),
  description: z.string().nullish(),
  mask: z.string().nullish(),
  attributes: z.record(z.string(), z.unknown()).nullish(),
})
const labelmeFile = z.object({
  shapes: z.array(z.unknown()),
  imagePath: z.string().nullish(),
  imageHeight: z.number().nullish(),
  imageWidth: z.number().nullish(),
  flags: z.record(z.string(), z.boolean()).nullish(),
  imageData: z.string().nullish().catch(null),
})

async function* read(source: Source): AsyncGenerator<Draft> {
  const { tree, file, findings } = source
  for (const name of file === null ? tree.files('', findings) : [file]) {
    if (!name.endsWith('.json')) continue
    let parsed: z.output<typeof labelmeFile>
    try {
      parsed = labelmeFile.parse(parsePythonJson(tree.text(name)))
    } catch (e) {
      findings.leave({ file: name }, `not a LabelMe file: ${e instanceof z.ZodError ? `${e.issues[0]!.path.join('.')}: ${e.issues[0]!.message}` : message(e)}`)
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
  const named = f.imagePath ? findImage(images, f.imagePath.replaceAll('\\', '/'), [folder, '', join(folder, '../images').replace(/^\.\.\//, '')]) : null
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
  if (!named) findings.leave({ file }, `imagePath ${JSON.stringify(f.imagePath)}: a path outside the folder, and no image of that name in it`)
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
  return null
}

function draftOf({ findings }: Source, file: string, f: z.output<typeof labelmeFile>, found: Pick<Draft, 'image' | 'root'> | null): Draft | null {
  if (!found) return null
  const captions: RecordCaption[] = []
  const regions: (DraftRegion & { group?: string | number | null | undefined })[] = []
  for (const [i, raw] of f.shapes.entries()) {
    const parsed = labelmeShape.safeParse(raw)
    if (!parsed.success) {
      findings.leave({ file }, `shapes.${i}.${parsed.error.issues[0]!.path.join('.')}: ${parsed.error.issues[0]!.message}`)
      continue
    }
    const s = parsed.data
    try {
      const { shape, changed } = shapeOf(s, { width: f.imageWidth ?? 0, height: f.imageHeight ?? 0 })
      if (changed) findings.change({ file }, `shapes.${i}: ${changed}`)
      const extra: Record<string, string | number | boolean> = {}
      for (const [k, v] of Object.entries({ ...s.attributes, ...s.flags })) if (attributesSchema.safeParse({ [k]: v }).success) extra[k] = v as boolean
      if (s.group_id != null && shape.kind !== 'polygon') extra[groupAttribute] = s.group_id
      regions.push({ label: s.label, shape, group: s.group_id, ...(Object.keys(extra).length ? { attributes: extra } : {}) })
      // A description is a caption of its region; of a part, it would lose its place.
      if (s.description?.trim() && s.group_id == null) captions.push({ text: s.description, region: regions.length - 1 })
    } catch (e) {
      findings.leave({ file }, `shapes.${i}: ${message(e)}`)
    }
  }
  const joined = joinParts(regions)
  const place = new Map(joined.map((r, i) => [r, i]))
  const moved = captions.flatMap((c) => {
    const region = place.get(joined.find((r) => r.shape === regions[c.region!]!.shape)!)
    return region === undefined ? [] : [{ ...c, region }]
  })
  return {
    ...found, where: { file }, split: splitFolder(found.image.path).split, size: { width: f.imageWidth ?? undefined, height: f.imageHeight ?? undefined }, regions: joined, captions: moved,
    labels: Object.entries(f.flags ?? {}).filter(([, on]) => on).map(([label]) => ({ label })),
  }
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
      if (p.length === 4) return { shape: boxBetween(...a!, ...p[2]!) } // X-AnyLabeling writes the four corners
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
      return { shape: { kind: 'polygon', parts: [[ring]] } }
    }
    default:
      throw new Error(`shape_type ${s.shape_type} is not known`)
  }
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
      const value = perRow ? (png.data[y * perRow + Math.floor((x * png.depth) / 8)]! >> (8 - png.depth - ((x * png.depth) % 8))) & ((1 << png.depth) - 1) : png.data[(y * png.width + x) * png.channels]!
      if (value && x + left >= 0 && x + left < width && y + top >= 0 && y + top < height) bitmap[(y + top) * width + x + left] = 1
    }
  return { kind: 'mask', rle: rleFromBitmap(bitmap, height, width) }
}

function write(items: Iterable<Item>, target: Target): void {
  for (const item of items) {
    const { record } = item
    const name = freeName(target, withoutImagesFolder(record.fileName), (stem) => `${stem}.json`)
    copyImage(target, item, name)
    const described = new Map((record.captions ?? []).filter((c) => c.region != null).map((c) => [c.region!, c.text]))
    // Group numbers of the dataset are kept; parts get new ones above them.
    let group = Math.max(0, ...(record.regions ?? []).map((r) => Number(r.attributes?.[groupAttribute]) || 0))
    const shapes = (record.regions ?? []).flatMap((r, i) => {
      const some = shapesOf(r, item)
      if (some.length === 0) target.findings.leave({ file: record.fileName }, `${r.shape.kind} of ${labelOf(r)}: the size of the image is not known`)
      const own = r.attributes?.[groupAttribute]
      const group_id = some.length > 1 ? ++group : typeof own === 'number' ? own : null
      const flags = Object.fromEntries(Object.entries(r.attributes ?? {}).filter(([, v]) => typeof v === 'boolean'))
      return some.map((s) => ({ label: labelOf(r), group_id, description: described.get(i) ?? '', flags, mask: null, ...s }))
    })
    const document = {
      version: '5.5.0', flags: Object.fromEntries((record.labels ?? []).map((l) => [l.label, true])), shapes,
      imagePath: path.posix.basename(name), imageData: null, imageHeight: record.height ?? null, imageWidth: record.width ?? null,
    }
    writeFile(target, `${stemOf(name)}.json`, `${JSON.stringify(document, null, 2)}\n`)
  }
}

const pairs = (flat: readonly number[]) => Array.from({ length: flat.length / 2 }, (_, i) => [flat[2 * i]!, flat[2 * i + 1]!])

function shapesOf({ shape }: RecordRegion, { record }: Item): object[] {
  switch (shape.kind) {
    case 'box': return [{ shape_type: 'rectangle', points: [[shape.x, shape.y], [shape.x + shape.w, shape.y + shape.h]] }]
    case 'polyline': return [{ shape_type: 'linestrip', points: pairs(shape.points) }]
    case 'keypoints': return shape.points.filter((p) => p.v > 0).map((p) => ({ ...(p.name ? { label: p.name } : {}), shape_type: 'point', points: [[p.x, p.y]] }))
    case 'polygon':
    case 'rotated-box':
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
  return [{ shape_type: 'mask', points: [[x, y], [x + w - 1, y + h - 1]], mask }]
}

const { 'image labels': _, 'region captions': __, ...without } = usualLosses
export const labelme: Format = {
  name: 'labelme',
  title: 'LabelMe JSON',
  recognises: ({ name, has }) => name.endsWith('.json') && has('shapes') && (has('imagePath') || has('imageHeight')),
  beside: true,
  read,
  write,
  images: 'copy',
  losses: {
    ...without,
    'rotated boxes': 'become polygons of four points',
    holes: 'are kept: the polygons that have them become masks',
    keypoints: 'become single points of one group; their edges are left out',
    attributes: 'are left out but for those that are true or false',
    splits: 'are left out',
    'unlabelled regions': 'get the label “unlabelled”',
  },
}
