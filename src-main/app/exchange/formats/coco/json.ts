/**
 * Lenient reading of COCO JSON: numbers and flags written as text, lists as text, empty text for a missing value. Each
 * repair is reported; an unreadable value costs its field, not the annotation.
 */
import { z } from 'zod'
import { type RecordCaption, recordCaption } from '#shared/model/record.ts'
import { attributeDefinitions } from '#shared/model/attribute.ts'
import { type Attributes, attributes } from '#shared/model/region.ts'
import { sentence } from '#shared/sentences/table.ts'
import type { Said } from '../../findings.ts'
import { attributesFrom } from '../../attributes.ts'
import { provenance, readProvenance } from '../../provenance.ts'

/** Ids are compared as text, so 1 and "1" are equal. */
const key = z.union([z.number(), z.string()]).transform((v) =>
  String(v)
    .trim()
    .replace(/^(\d+)\.0+$/, '$1'),
)
const coordinate = z
  .number()
  .nullable()
  .transform((n) => n ?? NaN) // null stands for Python's NaN
const size = z.number().nullish().catch(undefined)

/** Fields that our own export adds because COCO lacks them. */
export const cocoExtra = provenance.extend({
  language: z.string().optional(),
  captions: z.array(recordCaption.omit({ region: true, spans: true })).optional(),
  /** Provenance of keypoints stored in the same annotation as their outline, if it differs from the outline's. */
  points: provenance.extend({ attributes }).optional(),
})
export type CocoExtra = z.output<typeof cocoExtra>

export const cocoImage = z.object({
  id: key,
  file_name: z.string().refine((n) => !n.includes('\0'), sentence('finding.nul-name')),
  width: size,
  height: size,
})
export const cocoCategory = z.object({
  id: key,
  name: z.string(),
  supercategory: z.string().nullish().catch(undefined),
  keypoints: z.array(z.string()).nullish().catch(undefined),
  skeleton: z.array(z.array(z.number())).nullish().catch(undefined),
  synonyms: z.array(z.string()).nullish().catch(undefined),
  synset: z.string().nullish().catch(undefined),
  isthing: z.union([z.number(), z.boolean()]).nullish().catch(undefined),
  /** Extra category fields of our own files. */
  dashi: z
    .object({ parent: z.string().nullish(), attributes: attributeDefinitions.optional(), layout: z.unknown().optional() })
    .nullish()
    .catch(undefined),
})
export const cocoAnnotation = z.object({
  id: key.nullish(),
  image_id: key,
  category_id: key.nullish(),
  category_name: z.string().nullish().catch(undefined),
  bbox: z.array(coordinate).nullish(),
  segmentation: z
    .union([
      z.array(z.array(coordinate)),
      z.array(coordinate),
      z.object({ size: z.tuple([z.number(), z.number()]).optional(), counts: z.union([z.string(), z.array(z.number())]) }),
    ])
    .nullish(),
  keypoints: z.array(coordinate).nullish(),
  iscrowd: z.boolean().nullish(),
  caption: z.string().nullish(),
  attributes: attributes.nullish(),
  dashi: cocoExtra.nullish().catch(undefined),
})
export type CocoImage = z.output<typeof cocoImage>
export type CocoCategory = z.output<typeof cocoCategory>
export type CocoAnnotation = z.output<typeof cocoAnnotation>

/** Result undefined: unreadable. Result null: absent, which is not a fault. */
type Mend = (value: unknown) => unknown

const number: Mend = (v) =>
  typeof v === 'number' ? v : typeof v === 'string' && v.trim() !== '' && Number.isFinite(Number(v)) ? Number(v) : undefined
const text: Mend = (v) => (typeof v === 'string' ? v : typeof v === 'number' ? String(v) : undefined)

const words = new Map<unknown, boolean>([
  ['true', true],
  ['yes', true],
  ['1', true],
  ['false', false],
  ['no', false],
  ['0', false],
  ['', false],
  ['none', false],
  ['null', false],
])
const flag: Mend = (v) =>
  typeof v === 'boolean' ? v : typeof v === 'number' ? v !== 0 : typeof v === 'string' ? words.get(v.trim().toLowerCase()) : undefined

/** Nested lists of numbers at any depth; null and "NaN" become null, which the annotation's schema reports. */
const numbers: Mend = (v) => {
  if (typeof v === 'string') return listFromText(v)
  if (!Array.isArray(v)) return undefined
  const list = v.map((n) =>
    n === null ? null : Array.isArray(n) ? numbers(n) : /^[+-]?(nan|inf(inity)?)$/i.test(String(n)) ? null : number(n),
  )
  return list.includes(undefined) ? undefined : list
}
const flatNumbers: Mend = (v) => {
  const list = numbers(v)
  return Array.isArray(list) ? (list.flat(2) as unknown[]) : list
}

function listFromText(text: string): unknown {
  if (text.trim() === '' || /^(none|null)$/i.test(text.trim())) return null
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'string' || typeof value === 'number' ? undefined : segmentation(value)
  } catch {
    const list = text
      .replace(/^[[(]|[\])]$/g, '')
      .trim()
      .split(/[\s,;]+/)
      .map(number)
    return list.includes(undefined) ? undefined : list
  }
}

const bbox: Mend = (v) => {
  if (typeof v !== 'object' || v === null || Array.isArray(v)) return flatNumbers(v)
  const { x, y, w, h, width, height } = v as Record<string, unknown>
  return numbers([x, y, w ?? width, h ?? height])
}

const segmentation: Mend = (v) => {
  if (Array.isArray(v)) {
    const list = numbers(v)
    // Flattens [x, y] pairs within each ring.
    return Array.isArray(list) ? list.map((ring: unknown) => (Array.isArray(ring) ? ring.flat(2) : ring)) : list
  }
  if (typeof v === 'string') return listFromText(v)
  if (typeof v !== 'object' || v === null) return undefined
  const { counts, size } = v as Record<string, unknown>
  if (counts === undefined || counts === null) return Object.keys(v).length === 0 ? null : undefined
  const runs = Array.isArray(counts) ? numbers(counts) : typeof counts === 'string' ? withoutPythonBytes(counts) : undefined
  return runs === undefined ? undefined : { ...v, counts: runs, size: size == null ? undefined : numbers(size) }
}

/** RLE counts printed as Python bytes: b'…'. */
const withoutPythonBytes = (counts: string) => {
  const inner = /^b'(.*)'$/s.exec(counts)?.[1] ?? /^b"(.*)"$/s.exec(counts)?.[1]
  return inner === undefined ? counts : inner.replace(/\\(.)/gs, '$1')
}

function record(v: unknown): Attributes | undefined | null {
  if (v === '' || (Array.isArray(v) && v.length === 0)) return null
  // Attributes as a list of name/value pairs.
  const pairs =
    Array.isArray(v) &&
    v.every(
      (a): a is { name: string; value: unknown } => typeof (a as { name?: unknown } | null)?.name === 'string' && 'value' in (a as object),
    )
  const entries = pairs
    ? v.map((a): [string, unknown] => [a.name, a.value])
    : typeof v === 'object' && v !== null && !Array.isArray(v)
      ? Object.entries(v)
      : [['attributes', v] as [string, unknown]]
  return attributesFrom(Object.fromEntries(entries))
}

const annotationMends: Readonly<Record<string, Mend>> = {
  bbox,
  segmentation,
  keypoints: flatNumbers,
  iscrowd: flag,
  caption: text,
  category_name: text,
  score: (v) => number(v) ?? text(v),
  attributes: record,
}
const imageMends: Readonly<Record<string, Mend>> = { width: number, height: number }
/** Fields that are read elsewhere or recomputed. */
const known = new Set([
  'id',
  'image_id',
  'category_id',
  'area',
  'num_keypoints',
  'dashi',
  'segments_info',
  'license',
  ...Object.keys(annotationMends),
])

const short = (v: unknown) => {
  const s = JSON.stringify(v) ?? 'nothing'
  return s.length > 60 ? `${s.slice(0, 57)}…` : s
}

function mended(
  value: Record<string, unknown>,
  mends: Readonly<Record<string, Mend>>,
  repaired: (reason: Said) => void,
): Record<string, unknown> {
  const out = { ...value }
  for (const [field, mend] of Object.entries(mends)) {
    const before = value[field]
    if (before === undefined || before === null) continue
    const after = mend(before)
    out[field] = after ?? null
    if (after === undefined) repaired(sentence('finding.field-unreadable', { field, value: short(before) }))
    else if (after === null) repaired(sentence('finding.field-empty', { field, value: short(before) }))
    // Flags as 0 or 1 and rings as pairs are normal in COCO, not repairs.
    else if (wordy(field, before) && JSON.stringify(after) !== JSON.stringify(before))
      repaired(sentence('finding.field-read-as', { field, value: short(before), read: short(after) }))
  }
  return out
}

/** Whether there is text in place of numbers, or an object in place of a list. */
const wordy = (field: string, v: unknown): boolean =>
  typeof v === 'string' ||
  (Array.isArray(v)
    ? v.some((e) => (Array.isArray(e) ? wordy(field, e) : typeof e === 'string'))
    : field !== 'attributes' && typeof v === 'object' && v !== null)

const isObject = (v: unknown): v is Record<string, unknown> => typeof v === 'object' && v !== null && !Array.isArray(v)

export function readAnnotation(value: unknown, repaired: (reason: Said) => void) {
  if (!isObject(value)) return cocoAnnotation.safeParse(value)
  const named = `annotation ${typeof value['id'] === 'number' || typeof value['id'] === 'string' ? value['id'] : ''}`
  const {
    attributes: own,
    score,
    ...rest
  } = mended(value, annotationMends, (reason) => repaired(sentence('in-field', { field: named, problem: reason })))
  // Keys outside COCO (track_id, score, occluded, …) become attributes.
  const others = Object.entries(value).filter(([name, v]) => !known.has(name) && v != null)
  return cocoAnnotation.safeParse({ ...rest, attributes: attributesFrom({ score, ...Object.fromEntries(others) }, own) })
}

/** LVIS identifies an image only by its URL, whose path gives the name; other writers use other keys. */
export function readImage(value: unknown, repaired: (reason: Said) => void) {
  if (!isObject(value)) return cocoImage.safeParse(value)
  const image = mended(value, imageMends, (reason) => repaired(sentence('finding.of-image', { id: String(value['id']), problem: reason })))
  const given = [image['file_name'], image['filename'], image['path']].find((n) => typeof n === 'string' && n !== '')
  const address = [image['coco_url'], image['url'], image['flickr_url']].find((n): n is string => typeof n === 'string' && n !== '')
  const file_name = given ?? (address && withinAddress(address))
  return cocoImage.safeParse({ ...image, ...(file_name === undefined ? {} : { file_name }), id: image['id'] ?? file_name })
}

function withinAddress(address: string): string {
  try {
    return decodeURIComponent(new URL(address).pathname.slice(1))
  } catch {
    return address
  }
}

export function readCategory(value: unknown, repaired: (reason: Said) => void) {
  if (!isObject(value)) return cocoCategory.safeParse(value)
  const given = value['name'] ?? value['supercategory']
  const name = typeof given === 'string' && given.trim() ? given : typeof given === 'number' ? String(given) : undefined
  if (name === undefined) repaired(sentence('finding.category-unnamed', { id: String(value['id']), name: String(value['id']) }))
  return cocoCategory.safeParse({ ...value, name: name ?? `category ${String(value['id'])}` })
}

/** The captions of our own export, or the single caption that others write. */
export function saidBy({ caption, dashi }: Pick<CocoAnnotation, 'caption' | 'dashi'>): RecordCaption[] {
  return (
    dashi?.captions ??
    (caption?.trim() ? [{ text: caption, ...(dashi?.language ? { language: dashi.language } : {}), ...readProvenance(dashi) }] : [])
  )
}
