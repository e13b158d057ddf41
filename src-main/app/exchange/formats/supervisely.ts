/**
 * Supervisely projects (docs.supervisely.com/data-organization/00_ann_format_navi): `meta.json`, and datasets with
 * `ann` and `img`.
 */
import path from 'node:path'
import { inflateSync } from 'node:zlib'
import { rleFromBitmap } from '#shared/geometry/rle.ts'
import type { RecordCaption, RecordLabel } from '#shared/model/record.ts'
import type { Keypoint, KeypointsShape, Ring, Shape } from '#shared/model/shape.ts'
import { properName } from '#shared/model/words.ts'
import { sentence } from '#shared/sentences/table.ts'
import { reasonFor, Unfit } from '../findings.ts'
import type { Draft, DraftRegion, Size, Source } from '../draft.ts'
import { isObject, numberOf, tagOf, withAttributes } from '../fields.ts'
import { defineFormat } from '../format.ts'
import { folderOf, imageNamed, jsonOf, outside, ownFiles, splitBy } from '../lookup.ts'
import type { Peek } from '../peek.ts'
import { boxBetween, toRing } from '../shapes.ts'
import { usualSplit } from '../splits.ts'
import { join } from '../tree.ts'
import { sharp } from '../../../engine/data/index.ts'

type Fields = Record<string, unknown>
const list = (v: unknown): Fields[] => (Array.isArray(v) ? v.filter(isObject) : [])
const text = (v: unknown): string => (typeof v === 'string' ? v.trim() : '')

const isMeta = ({ name, has, outline }: Peek) =>
  name === 'meta.json' && outline.root === 'object' && has('classes') && (has('title') || has('tags'))
const isAnnotation = ({ name, has, outline }: Peek) =>
  name.endsWith('.json') &&
  outline.root === 'object' &&
  outline.keys.has('objects') &&
  outline.keys.has('size') &&
  (has('classTitle') || (outline.keys.has('tags') && outline.keys.has('description')))

/** The joints and edges of a skeleton class. */
interface Skeleton {
  names: Map<string, string>
  edges: [string, string][]
}

async function* read(source: Source): AsyncGenerator<Draft> {
  const { tree, images, findings } = source
  const skeletons = new Map<string, Skeleton>()
  for (const meta of [...tree.files('')].filter((f) => path.posix.basename(f) === 'meta.json' && isMeta(tree.peek(f)))) {
    const json = jsonOf(source, meta)
    for (const c of list(isObject(json) ? json['classes'] : undefined)) {
      source.declareLabels([text(c['title'])])
      const config = c['geometry_config']
      if (isObject(config) && isObject(config['nodes']))
        skeletons.set(text(c['title']), {
          names: new Map(Object.entries(config['nodes']).map(([id, n]) => [id, isObject(n) ? text(n['label']) || id : id])),
          edges: list(config['edges']).map((e) => [text(e['src']), text(e['dst'])]),
        })
    }
  }
  // Choosing meta.json means choosing the whole project.
  const whole = source.file !== null && path.posix.basename(source.file) === 'meta.json' ? { ...source, file: null } : source
  for (const file of ownFiles(whole, isAnnotation)) {
    const json = jsonOf(source, file)
    if (!isObject(json)) {
      if (json !== undefined) findings.leave({ file }, sentence('finding.supervisely'))
      continue
    }
    // ds0/ann/a.jpg.json belongs to ds0/img/a.jpg; older projects use a.json.
    const name = path.posix.basename(file).replace(/\.json$/i, '')
    const dataset = path.posix.basename(folderOf(file)) === 'ann' ? folderOf(folderOf(file)) : folderOf(file)
    const beside = ['img', 'images', ''].map((f) => imageNamed(images, join(dataset, f, name), join(dataset, 'x'))).find((f) => f?.exists)
    const image = beside ?? imageNamed(images, name, join(dataset, 'img/x'))
    if (!image) {
      findings.leave({ file }, outside('image', name))
      continue
    }
    const size = isObject(json['size'])
      ? { width: numberOf(json['size']['width']), height: numberOf(json['size']['height']) }
      : { width: NaN, height: NaN }
    const draft: Draft = { image, where: { file }, ...(size.width > 0 ? { size } : {}), ...ofImage(json, image.path, file) }
    const regions: DraftRegion[] = []
    for (const [i, o] of list(json['objects']).entries()) {
      const label = text(o['classTitle']) || null
      try {
        const shape = await shapeOf(o, size, label === null ? undefined : skeletons.get(label))
        if (text(o['description'])) draft.captions!.push({ text: text(o['description']), region: regions.length })
        regions.push({
          label,
          shape,
          ...withAttributes(
            tagsOf(o['tags']),
            text(o['instance'] ?? o['track_id']) ? { instance: text(o['instance'] ?? o['track_id']) } : undefined,
          ),
          ...author(o),
        })
      } catch (e) {
        findings.leave({ file }, sentence('in-field', { field: `objects.${i}`, problem: reasonFor(e) }))
      }
    }
    yield { ...draft, regions }
  }
}

const author = (o: Fields) => (text(o['labelerLogin']) ? { author: { kind: 'person' as const, name: text(o['labelerLogin']) } } : {})

/** Tags with their values; a tag without a value is `true`. */
const tagsOf = (tags: unknown): Fields =>
  Object.fromEntries(
    list(tags)
      .map((t): [string, unknown] => [text(t['name']), t['value'] ?? true])
      .filter(([name]) => name),
  )

/** An image tag without a value becomes a label (or the split); with a value it stays a tag. */
function ofImage(
  json: Fields,
  image: string,
  file: string,
): { labels: RecordLabel[]; captions: RecordCaption[]; tags: string[]; split: string | null } {
  const [labels, tags]: [RecordLabel[], string[]] = [[], []]
  let split = splitBy(image, file)
  for (const [name, value] of Object.entries(tagsOf(json['tags']))) {
    const known = value === true ? usualSplit(name) : undefined
    if (known) split = known
    else if (value === true) labels.push({ label: name })
    else tags.push(tagOf(name, String(value)))
  }
  return { labels, tags, split, captions: text(json['description']) ? [{ text: text(json['description']) }] : [] }
}

const flat = (points: unknown): number[] =>
  Array.isArray(points) ? points.flatMap((p) => (Array.isArray(p) ? [numberOf(p[0]), numberOf(p[1])] : [])) : []

async function shapeOf(o: Fields, size: Size, skeleton: Skeleton | undefined): Promise<Shape> {
  const points = isObject(o['points']) ? o['points'] : {}
  const outer = flat(points['exterior'])
  switch (o['geometryType'] ?? (isObject(o['bitmap']) ? 'bitmap' : 'polygon')) {
    case 'rectangle': {
      if (outer.length < 4) throw new Unfit(sentence('finding.rectangle-points', { n: outer.length / 2 }))
      return boxBetween(outer[0]!, outer[1]!, outer[2]!, outer[3]!)
    }
    case 'polygon': {
      const ring = toRing(outer)
      if (!ring) throw new Unfit(sentence('finding.polygon-points', { n: outer.length / 2 }))
      const holes = (Array.isArray(points['interior']) ? points['interior'] : [])
        .map((h) => toRing(flat(h)))
        .filter((h): h is Ring => h !== null)
      return { kind: 'polygon', parts: [[ring, ...holes]] }
    }
    case 'line':
    case 'polyline': {
      if (outer.length < 4) throw new Unfit(sentence('finding.line-points', { n: outer.length / 2 }))
      return { kind: 'polyline', points: outer }
    }
    case 'point': {
      if (outer.length < 2) throw new Unfit(sentence('finding.point-empty'))
      return { kind: 'keypoints', points: [{ x: outer[0]!, y: outer[1]!, v: 2 }] }
    }
    case 'graph':
      return graph(o['nodes'], skeleton)
    case 'bitmap':
      return bitmap(o['bitmap'], size)
    default:
      throw new Unfit(sentence('finding.geometry', { type: JSON.stringify(o['geometryType']) }))
  }
}

/** Joints by id; a disabled joint is invisible. */
function graph(nodes: unknown, skeleton: Skeleton | undefined): KeypointsShape {
  const given = isObject(nodes) ? Object.entries(nodes).filter((e): e is [string, Fields] => isObject(e[1])) : []
  if (given.length === 0) throw new Unfit(sentence('finding.graph-empty'))
  const order = given.map(([id]) => id)
  const points = given.map(([id, n]): Keypoint => {
    const [x = NaN, y = NaN] = flat([n['loc']])
    const name = skeleton?.names.get(id)
    return { ...(name ? { name } : {}), x, y, v: n['disabled'] === true ? 1 : 2 }
  })
  const edges = (skeleton?.edges ?? [])
    .map(([a, b]): [number, number] => [order.indexOf(a), order.indexOf(b)])
    .filter(([a, b]) => a >= 0 && b >= 0)
  return { kind: 'keypoints', points, ...(edges.length ? { edges } : {}) }
}

const maxPixels = 1 << 28

/**
 * A base64 zlib-compressed PNG of the mask's bounding box, placed at its origin; pixels that are not transparent (or
 * not black) belong to the mask.
 */
async function bitmap(given: unknown, { width, height }: Size): Promise<Shape> {
  if (!isObject(given) || typeof given['data'] !== 'string') throw new Unfit(sentence('finding.bitmap-empty'))
  if (!(width > 0 && height > 0 && width * height < maxPixels)) throw new Unfit(sentence('finding.bitmap-no-size'))
  const [left = 0, top = 0] = flat([given['origin']]).map(Math.round)
  const packed = Buffer.from(given['data'], 'base64')
  const png = packed.toString('latin1', 0, 4) === '\x89PNG' ? packed : inflateSync(packed, { maxOutputLength: maxPixels >> 2 })
  const { hasAlpha } = await sharp(png, { limitInputPixels: maxPixels }).metadata()
  const picture = sharp(png, { limitInputPixels: maxPixels })
  const { data, info } = await (hasAlpha ? picture.extractChannel('alpha') : picture.extractChannel(0))
    .raw()
    .toBuffer({ resolveWithObject: true })
  const bits = new Uint8Array(width * height)
  for (let y = Math.max(0, -top); y < Math.min(info.height, height - top); y++)
    for (let x = Math.max(0, -left); x < Math.min(info.width, width - left); x++)
      if (data[(y * info.width + x) * info.channels]) bits[(y + top) * width + x + left] = 1
  return { kind: 'mask', rle: rleFromBitmap(bits, height, width) }
}

export default defineFormat({
  id: 'supervisely',
  order: 70,
  title: properName('Supervisely'),
  about: {
    en: 'A Supervisely project: meta.json and datasets with ann and img',
    ja: 'Supervisely のプロジェクト（meta.json と、ann・img を持つデータセット）',
  },
  extensions: ['.json'],
  reference: 'https://docs.supervisely.com/data-organization/00_ann_format_navi',
  recognises: (peek) => isMeta(peek) || isAnnotation(peek),
  beside: true,
  apart: ['ann'],
  read,
})
