/** VGG Image Annotator (robots.ox.ac.uk/~vgg/software/via): versions 1 and 2 as JSON, CSV or project, and version 3 projects. */
import type { RecordCaption, RecordLabel } from '#shared/model/record.ts'
import type { Shape } from '#shared/model/shape.ts'
import { sentence } from '#shared/sentences/table.ts'
import { reasonFor, type Said, Unfit } from '../findings.ts'
import { attributesFrom } from '../attributes.ts'
import type { Draft, DraftRegion, Source } from '../draft.ts'
import { isObject, keyNamed, tagOf } from '../fields.ts'
import { defineFormat } from '../format.ts'
import { imageNamed, jsonOf, outside, ownFiles, splitBy } from '../lookup.ts'
import type { Peek } from '../peek.ts'
import { tableRows } from '../rows.ts'
import { boxOf, ellipseRing, toRing } from '../shapes.ts'
import { captionNames, classAttribute, drafts as drafts3, isVia3, classNames } from './via/via3.ts'

type Fields = Record<string, unknown>

interface Attribute {
  type?: string
  options?: Record<string, string>
}
/** Attribute definitions of regions and files, if the project has them. */
interface Attributes {
  region: Record<string, Attribute>
  file: Record<string, Attribute>
}
interface Entry {
  filename: string
  regions: { shape: unknown; attributes: unknown; line?: number | undefined }[]
  attributes: unknown
  line?: number | undefined
}

const isCsv = ({ name, head }: Peek) => /\.(csv|txt)$/.test(name) && /^.{0,300}\bregion_shape_attributes\b/m.test(head)
const isJson = ({ name, head, has }: Peek) =>
  name.endsWith('.json') &&
  (has('_via_img_metadata') ||
    (has('regions') && has('filename') && (has('shape_attributes') || (/"file_?attributes"/.test(head) && has('size')))))
const recognises = (peek: Peek) => isCsv(peek) || isJson(peek) || isVia3(peek)

async function* read(source: Source): AsyncGenerator<Draft> {
  for (const file of ownFiles(source, recognises)) {
    if (!file.toLowerCase().endsWith('.json')) {
      const entries = await csvEntries(source, file)
      yield* drafts(source, file, entries, { region: {}, file: {} })
      continue
    }
    const json = jsonOf(source, file)
    if (!isObject(json)) {
      if (json !== undefined) source.findings.leave({ file }, sentence('finding.via'))
    } else if (isObject(json['metadata']) && isObject(json['file'])) yield* drafts3(source, file, json)
    else {
      const declared = isObject(json['_via_attributes']) ? json['_via_attributes'] : {}
      const attributes = { region: attributesIn(declared['region']), file: attributesIn(declared['file']) }
      yield* drafts(
        source,
        file,
        jsonEntries(source, file, isObject(json['_via_img_metadata']) ? json['_via_img_metadata'] : json),
        attributes,
      )
    }
  }
}

function attributesIn(v: unknown): Record<string, Attribute> {
  if (!isObject(v)) return {}
  return Object.fromEntries(
    Object.entries(v)
      .filter((e): e is [string, Fields] => isObject(e[1]))
      .map(([name, a]) => {
        const options = isObject(a['options'])
          ? Object.fromEntries(Object.entries(a['options']).map(([id, text]) => [id, typeof text === 'string' && text.trim() ? text : id]))
          : {}
        return [name, { ...(typeof a['type'] === 'string' ? { type: a['type'] } : {}), options }]
      }),
  )
}

function jsonEntries({ findings }: Source, file: string, images: Fields): Entry[] {
  return Object.entries(images).flatMap(([key, v]): Entry[] => {
    if (!isObject(v) || typeof v['filename'] !== 'string') {
      findings.leave({ file }, sentence('finding.key-filename-name', { key }))
      return []
    }
    const regions = isObject(v['regions']) || Array.isArray(v['regions']) ? Object.values(v['regions']) : []
    return [
      {
        filename: v['filename'],
        regions: regions.filter(isObject).map((r) => ({ shape: r['shape_attributes'], attributes: r['region_attributes'] })),
        attributes: v['file_attributes'],
      },
    ]
  })
}

/** One row per region; an image without regions has one row with region_count 0. */
async function csvEntries({ tree, findings }: Source, file: string): Promise<Entry[]> {
  const entries = new Map<string, Entry>()
  let header: string[] | null = null
  for await (const { fields, line } of tableRows(tree.absolute(file), ',')) {
    if (!header) {
      header = fields.map((f) => f.trim().replace(/^#/, ''))
      continue
    }
    const field = (name: string) => fields[header!.indexOf(name)] ?? ''
    const filename = field('filename').trim()
    if (!filename) {
      findings.leave({ file, line }, sentence('finding.filename-none'))
      continue
    }
    const key = `${filename}\0${field('file_size')}`
    const entry: Entry = entries.get(key) ?? { filename, regions: [], attributes: {}, line }
    entries.set(key, entry)
    const parsed = ['region_shape_attributes', 'region_attributes', 'file_attributes'].map((name) => {
      const text = field(name).trim()
      try {
        return text ? (JSON.parse(text) as unknown) : {}
      } catch (e) {
        findings.leave({ file, line }, sentence('finding.json-of', { name, reason: reasonFor(e) }))
        return null
      }
    })
    if (isObject(parsed[2]) && Object.keys(parsed[2]).length > 0) entry.attributes = parsed[2]
    if (isObject(parsed[0]) && Object.keys(parsed[0]).length > 0) entry.regions.push({ shape: parsed[0], attributes: parsed[1], line })
  }
  return [...entries.values()]
}

/** The names of the chosen options; for a checkbox, those that are true. */
export function chosen(value: unknown, attribute: Attribute | undefined): string[] {
  const word = (id: string) => (Object.hasOwn(attribute?.options ?? {}, id) ? attribute!.options![id]! : id)
  if (isObject(value))
    return Object.entries(value)
      .filter(([, on]) => on === true || on === 'true' || on === 1)
      .map(([id]) => word(id))
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean')
    return String(value).trim() ? [word(String(value).trim())] : []
  return []
}

function* drafts(source: Source, file: string, entries: readonly Entry[], declared: Attributes): Generator<Draft> {
  const { images, findings } = source
  // A declared attribute that no region uses cannot be the class.
  const said = (attributes: Fields) =>
    Object.entries(attributes)
      .filter(([name, v]) => chosen(v, declared.region[name]).length > 0)
      .map(([name]) => name)
  const used = [...new Set(entries.flatMap((e) => e.regions.flatMap((r) => (isObject(r.attributes) ? said(r.attributes) : []))))]
  const label = classAttribute(used.length ? used : Object.keys(declared.region), declared.region)
  if (label !== undefined) source.declareLabels(Object.values(declared.region[label]?.options ?? {}))
  else if (used.length > 0) findings.note(sentence('note.via-classes', { file, names: used.join(', ') }))
  for (const entry of entries) {
    const where = { file, line: entry.line }
    const image = imageNamed(images, entry.filename, file)
    if (!image) {
      findings.leave(where, outside('filename', entry.filename))
      continue
    }
    const regions: DraftRegion[] = []
    const captions: RecordCaption[] = []
    for (const [i, r] of entry.regions.entries()) {
      try {
        const { shape, became } = shapeOf(r.shape)
        if (became) findings.change({ file, line: r.line }, sentence('finding.via-region', { file: entry.filename, i, problem: became }))
        regions.push({ ...saidOf(isObject(r.attributes) ? r.attributes : {}, label, declared.region), shape, line: r.line })
      } catch (e) {
        findings.leave({ file, line: r.line }, sentence('finding.via-region', { file: entry.filename, i, problem: reasonFor(e) }))
      }
    }
    const { labels, tags } = ofFile(isObject(entry.attributes) ? entry.attributes : {}, declared.file, captions)
    yield { image, where, regions, captions, labels, tags, split: splitBy(image.path, file) }
  }
}

/**
 * Splits attributes into the label and the rest; if several boxes are ticked, one becomes the label and the others an
 * attribute.
 */
function saidOf(attributes: Fields, label: string | undefined, declared: Attributes['region']): Pick<DraftRegion, 'label' | 'attributes'> {
  const rest: Fields = {}
  let name: string | null = null
  for (const [key, value] of Object.entries(attributes)) {
    const words = chosen(value, declared[key])
    if (key === label) {
      name = words[0] ?? null
      if (words.length > 1) rest[key] = words.join(', ')
    } else rest[key] = isObject(value) ? words.join(', ') : words[0] !== undefined && typeof value === 'string' ? words[0] : value
  }
  const kept = attributesFrom(rest)
  return { label: name, ...(Object.keys(kept).length ? { attributes: kept } : {}) }
}

/** File attributes become captions, image labels or, failing both, tags. */
function ofFile(attributes: Fields, declared: Attributes['file'], captions: RecordCaption[]): { labels: RecordLabel[]; tags: string[] } {
  const labels: RecordLabel[] = []
  const tags: string[] = []
  for (const [key, value] of Object.entries(attributes)) {
    const words = chosen(value, declared[key])
    if (keyNamed([key], captionNames) !== undefined) captions.push(...words.map((text) => ({ text })))
    else if (keyNamed([key], [...classNames, 'classes', 'labels', 'categories']) !== undefined)
      labels.push(...words.map((w) => ({ label: w })))
    else tags.push(...words.map((w) => tagOf(key, w)))
  }
  return { labels, tags }
}

const numbers = (v: unknown, field: string): number[] => {
  const list = Array.isArray(v) ? v.map((n) => (n === null || n === '' ? NaN : Number(n))) : null
  if (!list) throw new Unfit(sentence('finding.numbers-list', { field }))
  return list
}

function shapeOf(given: unknown): { shape: Shape; became?: Said } {
  if (!isObject(given)) throw new Unfit(sentence('finding.shape-attributes'))
  const n = (field: string) => {
    const v = given[field]
    const number = typeof v === 'number' ? v : typeof v === 'string' && v.trim() ? Number(v) : NaN
    if (!Number.isFinite(number)) throw new Unfit(sentence('finding.field-number', { field }))
    return number
  }
  const points = () => {
    const [xs, ys] = [numbers(given['all_points_x'], 'all_points_x'), numbers(given['all_points_y'], 'all_points_y')]
    if (xs.length !== ys.length) throw new Unfit(sentence('finding.all-points', { x: xs.length, y: ys.length }))
    return xs.flatMap((x, i) => [x, ys[i]!])
  }
  switch (given['name']) {
    case 'rect':
      return { shape: boxOf(n('x'), n('y'), n('width'), n('height')) }
    case 'circle':
      return {
        shape: { kind: 'polygon', parts: [[ellipseRing(n('cx'), n('cy'), n('r'), n('r'))]] },
        became: sentence('finding.circle'),
      }
    case 'ellipse': {
      // theta is in radians; version 1 has no theta.
      const angle = given['theta'] === undefined ? 0 : (n('theta') * 180) / Math.PI
      return {
        shape: { kind: 'polygon', parts: [[ellipseRing(n('cx'), n('cy'), n('rx'), n('ry'), angle)]] },
        became: sentence('finding.ellipse'),
      }
    }
    case 'point':
      return { shape: { kind: 'keypoints', points: [{ x: n('cx'), y: n('cy'), v: 2 }] } }
    case 'polyline': {
      const flat = points()
      if (flat.length < 4) throw new Unfit(sentence('finding.polyline-points', { n: flat.length / 2 }))
      return { shape: { kind: 'polyline', points: flat } }
    }
    case 'polygon': {
      const flat = points()
      const ring = toRing(flat)
      // A two-point polygon is a line whose drawing was ended early.
      if (!ring) throw new Unfit(sentence('finding.polygon-points', { n: flat.length / 2 }))
      return { shape: { kind: 'polygon', parts: [[ring]] } }
    }
    default:
      throw new Unfit(sentence('finding.unknown-shape-named', { shape: JSON.stringify(given['name']) }))
  }
}

export default defineFormat({
  id: 'via',
  order: 10,
  title: { en: 'VGG Image Annotator (VIA)', ja: 'VGG Image Annotator（VIA）' },
  about: { en: 'Projects and exports of VIA 1 to 3, as JSON or CSV', ja: 'VIA 1〜3 のプロジェクトと書き出し（JSON・CSV）' },
  extensions: ['.json', '.csv'],
  reference: 'https://www.robots.ox.ac.uk/~vgg/software/via/',
  recognises,
  beside: true,
  apart: ['annotations'],
  read,
})
