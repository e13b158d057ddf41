/**
 * COCO panoptic: one PNG per image whose colours are segment ids (R + 256 G + 65536 B). cocodataset.org/#format-data,
 * cocodataset/panopticapi.
 */
import { encode } from 'fast-png'
import path from 'node:path'
import { z } from 'zod'
import { decodeRle, encodeRle, intervals, rleArea, rleBox, runsFromIntervals } from '#shared/geometry/rle.ts'
import type { RecordCaption } from '#shared/model/record.ts'
import { properName } from '#shared/model/words.ts'
import { attributesFrom } from '../attributes.ts'
import type { Draft, DraftRegion, Source } from '../draft.ts'
import { kindWord, problemOf, reasonFor, type Said, Unfit } from '../findings.ts'
import { becomes, defineFormat, usualExcept } from '../format.ts'
import { sentence } from '#shared/sentences/table.ts'
import { jsonItems } from '../json.ts'
import type { Peek } from '../peek.ts'
import { type Pixels, readPixels, masksOf } from '../pixels.ts'
import { maskOf } from '../shapes.ts'
import { splitOfFile } from '../splits.ts'
import {
  copyImage,
  freeName,
  type Item,
  needSize,
  openText,
  safeName,
  splitOf,
  type Target,
  type TextFile,
  withoutImagesFolder,
  writeFile,
} from '../target.ts'
import { labelOf } from '../unlabelled.ts'
import { findImage, join, stemOf } from '../tree.ts'
import { type CocoCategory, cocoExtra, type CocoImage, readCategory, readImage, saidBy } from './coco/json.ts'
import { readProvenance } from '../provenance.ts'
import { spoken } from './coco/write.ts'

const key = z.union([z.number(), z.string()]).transform(String)
const segment = z.looseObject({
  id: z.coerce.number().int().positive(),
  category_id: key,
  caption: z.string().nullish(),
  dashi: cocoExtra.nullish().catch(undefined),
})
const annotation = z.object({ image_id: key, file_name: z.string().nullish(), segments_info: z.array(z.unknown()) })
const info = z.object({ description: z.literal('exported by Dashi'), split: z.string().nullable() })

function* read(source: Source): Generator<Draft> {
  const { tree, file, findings } = source
  const files = file !== null ? [file] : [...tree.files('', findings)].filter((f) => f.endsWith('.json') && isPanoptic(tree.peek(f)))
  for (const name of files) yield* readFile(source, name)
}

const isPanoptic = ({ name, has }: Peek) => name.endsWith('.json') && has('segments_info')

function* readFile(source: Source, file: string): Generator<Draft> {
  const { tree, images, findings } = source
  const pictures = new Map<string, CocoImage>()
  const categories = new Map<string, CocoCategory>()
  let split = splitOfFile(file)
  for (const { key: list, value, line, problem } of jsonItems(tree.absolute(file), {
    elements: ['images', 'categories'],
    values: ['info'],
  })) {
    const at = { file, line }
    const repaired = (reason: Said) => findings.change(at, reason)
    if (list === 'info') {
      const own = info.safeParse(value)
      if (own.success) split = own.data.split
      continue
    }
    const parsed = list === 'images' ? readImage(value, repaired) : readCategory(value, repaired)
    if (problem || !parsed.success) findings.leave(at, problem ?? sentence('in-field', { field: list, problem: problemOf(parsed.error!) }))
    else if (list === 'images') pictures.set(parsed.data.id, parsed.data as CocoImage)
    else categories.set(parsed.data.id, parsed.data as CocoCategory)
  }
  source.declareLabels([...categories.values()].map((c) => c.name))
  const stem = path.posix.basename(file, '.json')
  const beside = path.posix.dirname(file) === '.' ? '' : path.posix.dirname(file)
  const above = join(beside, '..').startsWith('..') ? beside : join(beside, '..')
  const short = stem.replace(/^panoptic_/, '')
  const masks = [
    ...new Set(
      [beside, above].flatMap((f) => [stem, '', 'annotations', `annotations/${stem}`, short, 'masks', 'panoptic'].map((d) => join(f, d))),
    ),
  ]
  const bases = [...new Set([beside, above].flatMap((f) => ['', short, 'images', `images/${short}`].map((d) => join(f, d))))]
  for (const { value, line, problem } of jsonItems(tree.absolute(file), { elements: ['annotations'] })) {
    const at = { file, line }
    const parsed = annotation.safeParse(value)
    if (problem || !parsed.success) {
      findings.leave(at, problem ?? sentence('in-field', { field: 'annotations', problem: problemOf(parsed.error!) }))
      continue
    }
    const { image_id, file_name, segments_info } = parsed.data
    const picture = pictures.get(image_id)
    const image = picture && findImage(images, picture.file_name, bases)
    if (!picture || !image) {
      findings.leave(
        at,
        picture
          ? sentence('finding.image-no-name', { name: JSON.stringify(picture.file_name) })
          : sentence('finding.annotation-orphan', { id: image_id }),
      )
      continue
    }
    pictures.delete(image_id)
    const png = findImage(tree, file_name ?? `${stemOf(path.posix.basename(picture.file_name))}.png`, masks)
    try {
      if (!png?.exists) throw new Unfit(sentence('finding.segments-missing', { file: file_name ?? picture.file_name }))
      const pixels = readPixels(tree.absolute(png.path))
      yield {
        image,
        where: at,
        size: pixels,
        split,
        ...contentOf(pixels, segments_info, categories, (reason) =>
          findings.leave(at, sentence('in-field', { field: path.posix.basename(png.path), problem: reason })),
        ),
      }
    } catch (e) {
      findings.leave(at, reasonFor(e))
    }
  }
  for (const picture of pictures.values()) {
    const image = findImage(images, picture.file_name, bases)
    if (image) yield { image, where: { file }, split, size: { width: picture.width ?? undefined, height: picture.height ?? undefined } }
  }
}

function contentOf(
  pixels: Pixels,
  segments: readonly unknown[],
  categories: ReadonlyMap<string, CocoCategory>,
  leave: (reason: Said) => void,
): { regions: DraftRegion[]; captions: RecordCaption[] } {
  const swap = (v: number) => ((v & 255) << 16) | (v & 0xff00) | (v >> 16)
  const idOf = pixels.kind === 'colour' ? swap : (v: number) => v
  const masks = new Map([...masksOf(pixels, (v) => v === 0)].map(([v, rle]) => [idOf(v), rle]))
  const regions: DraftRegion[] = []
  const captions: RecordCaption[] = []
  for (const raw of segments) {
    const parsed = segment.safeParse(raw)
    if (!parsed.success) {
      leave(sentence('in-field', { field: 'segments_info', problem: problemOf(parsed.error) }))
      continue
    }
    const { id, category_id, area: _, bbox: __, iscrowd, caption, dashi, attributes: own, ...rest } = parsed.data
    const rle = masks.get(id)
    masks.delete(id)
    if (!rle) {
      leave(sentence('finding.segment-empty', { id }))
      continue
    }
    const category = categories.get(category_id)
    const stuff = category?.isthing === 0 || category?.isthing === false
    const attributes = attributesFrom(
      rest,
      own,
      stuff ? { isthing: false } : {},
      iscrowd === 1 || iscrowd === true ? { iscrowd: true } : {},
    )
    captions.push(...saidBy({ caption, dashi }).map((c) => ({ ...c, region: regions.length })))
    regions.push({
      ...readProvenance(dashi),
      label: category?.name ?? `category ${category_id}`,
      shape: { kind: 'mask', rle },
      ...(Object.keys(attributes).length ? { attributes } : {}),
    })
  }
  if (masks.size) {
    const pixels = [...masks.values()].reduce((n, rle) => n + rleArea(rle), 0)
    leave(sentence('finding.pixels-unlisted', { n: pixels, ids: [...masks.keys()].slice(0, 5).join(', ') }))
  }
  return { regions, captions }
}

/** One document per split, written next to its images. */
interface Document {
  images: TextFile
  segments: string[]
  count: number
}

function write(items: Iterable<Item>, target: Target): void {
  const ids = new Map(target.labels.map((name, i) => [name, i + 1]))
  const stuff = new Set<string>()
  const documents = new Map<string | null, Document>()
  let imageId = 0
  for (const item of items) {
    const { record } = item
    const size = needSize(target, item)
    if (!size) continue
    const split = splitOf(record)
    const stem = `panoptic_${safeName(split ?? 'default')}`
    const name = freeName(target, withoutImagesFolder(record.fileName), (s) => `annotations/${stem}/${s}.png`)
    let d = documents.get(split)
    if (!d) {
      documents.set(split, (d = { images: openText(target, `annotations/${stem}.json`), segments: [], count: 0 }))
      d.images.write(`{\n"info": ${JSON.stringify({ description: 'exported by Dashi', version: '1.0', split })},\n"images": [`)
    }
    d.images.write(`${d.count++ ? ',' : ''}\n${JSON.stringify({ id: ++imageId, file_name: name, ...size })}`)
    const owner = new Uint32Array(size.width * size.height)
    const regions = (record.regions ?? []).filter((r) => {
      const drawn = maskOf(r.shape, size)
      if (!drawn)
        target.findings.leave(
          { file: record.fileName },
          sentence('finding.no-area-of', { kind: kindWord(r.shape.kind), label: labelOf(r) }),
        )
      return drawn
    })
    // Where regions overlap, the upper one owns the pixels.
    for (const [i, r] of regions.entries())
      for (const [start, end] of intervals(decodeRle(maskOf(r.shape, size)!))) owner.fill(i + 1, start, end)
    const found = columns(owner, size)
    const segments_info = regions.flatMap((r, i) => {
      const rle = found.get(i + 1)
      if (!rle) {
        target.findings.leave({ file: record.fileName }, sentence('finding.covered', { kind: kindWord(r.shape.kind), label: labelOf(r) }))
        return []
      }
      const { x, y, w, h } = rleBox(rle)
      if (r.attributes?.['isthing'] === false) stuff.add(labelOf(r))
      const { isthing: _, iscrowd, ...attributes } = r.attributes ?? {}
      return [
        {
          id: i + 1,
          category_id: ids.get(labelOf(r))!,
          area: rleArea(rle),
          bbox: [x, y, w, h],
          iscrowd: iscrowd ? 1 : 0,
          ...spoken(
            (record.captions ?? []).filter((c) => c.region != null && record.regions![c.region] === r),
            r,
          ),
          ...(Object.keys(attributes).length ? { attributes } : {}),
        },
      ]
    })
    const data = new Uint8Array(owner.length * 3)
    for (let x = 0, i = 0; x < size.width; x++)
      for (let y = 0; y < size.height; y++, i++) {
        const at = 3 * (y * size.width + x)
        data[at] = owner[i]! & 255
        data[at + 1] = (owner[i]! >> 8) & 255
        data[at + 2] = owner[i]! >> 16
      }
    const png = `${stemOf(name)}.png`
    copyImage(target, item, `images/${name}`)
    writeFile(target, `annotations/${stem}/${png}`, encode({ ...size, data, channels: 3, depth: 8 }))
    d.segments.push(JSON.stringify({ image_id: imageId, file_name: png, segments_info }))
  }
  const categories = target.labels.map((name, i) => ({ id: i + 1, name, supercategory: '', isthing: stuff.has(name) ? 0 : 1 }))
  for (const { images, segments } of documents.values()) {
    images.write(`\n],\n"annotations": [\n${segments.join(',\n')}\n],\n"categories": ${JSON.stringify(categories)}\n}\n`)
    images.close()
  }
}

/** Turns the owner map (column-major) into one mask per region. */
function columns(owner: Uint32Array, { width, height }: { width: number; height: number }) {
  const found = new Map<number, [number, number][]>()
  for (let i = 0; i < owner.length;) {
    const v = owner[i]!
    let end = i + 1
    while (end < owner.length && owner[end] === v) end++
    if (v) found.set(v, [...(found.get(v) ?? []), [i, end]])
    i = end
  }
  return new Map([...found].map(([v, list]) => [v, encodeRle(runsFromIntervals(height, width, list))]))
}

export default defineFormat({
  id: 'panoptic',
  order: 210,
  title: properName('COCO panoptic'),
  about: { en: 'One PNG of segment ids per image, and a list of the segments', ja: '画像ごとのセグメント番号の画像と、番号の一覧' },
  extensions: ['.json', '.png'],
  reference: 'https://cocodataset.org/#format-data',
  recognises: isPanoptic,
  read,
  write,
  images: 'copy',
  losses: {
    ...usualExcept('region captions', 'authors', 'caption languages'),
    captions: { en: 'are left out, except those of regions', ja: '領域のものだけが残ります' },
    boxes: becomes.filledMasks,
    'rotated boxes': becomes.filledMasks,
    polygons: becomes.masks,
    polylines: becomes.leftOut,
    keypoints: becomes.leftOut,
    'unlabelled regions': becomes.unlabelledClass,
    'drawing order': becomes.topmost,
  },
})
