/**
 * Turns a draft into a record: the image's true size, geometry that is finite and inside the image, and one finding
 * for each repair.
 */
import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import path from 'node:path'
import { clipShape, coordinatesOf, shapeProblem } from '#shared/geometry/shape.ts'
import { shapeBox } from '#shared/geometry/box.ts'
import { rleArea, rleProblem } from '#shared/geometry/rle.ts'
import { limits } from '#shared/model/limits.ts'
import { imageRecord, type ImageRecord, type RecordRegion } from '#shared/model/record.ts'
import type { Attributes } from '#shared/model/region.ts'
import type { Shape } from '#shared/model/shape.ts'
import { repairedDeep } from '#shared/model/text.ts'
import { type Sentence, sentence } from '#shared/sentences/table.ts'
import { kindWord, problemOf, reasonFor, type Said, type Where } from './findings.ts'
import type { Draft, DraftRegion, Size, Source } from './draft.ts'
import { uprightShape } from './orient.ts'
import { rasterOf } from '../media/raster.ts'
import { usualSplit } from './splits.ts'

interface Probe extends Size {
  /** EXIF orientation, 1 to 8; `width` and `height` describe the upright image. */
  orientation: number
}

/**
 * A missing image is kept with its annotations so that its file can be linked later (see relink.ts): with the
 * annotated size, or without a size if the geometry is in pixels.
 * @returns null if the record cannot be stored at all
 */
export async function settle(source: Source, draft: Draft, file: string): Promise<ImageRecord | null> {
  const { findings } = source
  const { where, image } = draft
  if (image.repair) findings.change(where, image.repair)
  const found = image.exists ? await probe(file).catch((e: unknown) => ({ problem: reasonFor(e) })) : { problem: sentence('system.enoent') }
  const [size, orientation, stored] = reconcile(source, draft, found)
  const kept: RecordRegion[] = []
  const newIndex = new Map<number, number>()
  const drafts = regionsOf(source, draft, stored ?? size)
  drafts.forEach(({ line, ...region }, i) => {
    const at = line ? { ...where, line } : where
    const shape = soundShape(region.shape, stored ?? size, at, source)
    if (!shape) return
    const upright = stored ? uprightShape(shape, orientation, stored) : shape
    const label = region.label?.trim() || null
    newIndex.set(i, kept.length)
    kept.push({
      ...region,
      ...(region.attributes && { attributes: soundAttributes(region.attributes, at, findings) }),
      label: label?.slice(0, limits.name) ?? null,
      shape: upright,
    })
  })
  const captions = (draft.captions ?? [])
    .filter((c) => c.text.trim() && (c.region == null || newIndex.has(c.region)))
    .filter(
      (c) =>
        c.text.length <= limits.text ||
        findings.leave(where, sentence('finding.long-caption', { image: image.path, n: c.text.length, most: limits.text })),
    )
    .map((c) => ({
      ...c,
      ...(c.region == null ? {} : { region: newIndex.get(c.region)! }),
      ...(c.spans ? { spans: c.spans.map((s) => ({ ...s, regions: s.regions.flatMap((r) => newIndex.get(r) ?? []) })) } : {}),
    }))
  const split = source.options.split ?? (draft.split == null ? undefined : (usualSplit(draft.split) ?? draft.split))
  const drafted: ImageRecord = {
    fileName: image.path,
    ...(size && { width: size.width, height: size.height }),
    ...('problem' in found ? {} : { orientation: found.orientation }),
    ...(source.options.hash && !('problem' in found) ? { contentHash: await sha256(file) } : {}),
    ...(draft.labels?.length
      ? { labels: draft.labels.map((l) => ({ ...l, label: l.label.trim().slice(0, limits.name) })).filter((l) => l.label) }
      : {}),
    ...(kept.length ? { regions: kept } : {}),
    ...(captions.length ? { captions } : {}),
    ...(split ? { split: split.slice(0, 64) } : {}),
    ...(draft.tags?.length ? { tags: draft.tags } : {}),
    ...(draft.review ? { review: draft.review } : {}),
  }
  // Paths are never repaired: the repaired path would name another file.
  const { fileName, ...said } = drafted
  const carried = repairedDeep(said)
  const record = { ...carried, fileName }
  if (carried !== said) findings.change(where, sentence('finding.text-repaired', { image: image.path }))
  const parsed = imageRecord.safeParse(record)
  if (parsed.success) return parsed.data
  findings.leave(where, sentence('in-field', { field: image.path, problem: problemOf(parsed.error) }))
  return imageRecord.safeParse(without(record, parsed.error.issues)).data ?? null
}

/** Optional fields of an annotation, which may be dropped if invalid. */
const optional = new Set<PropertyKey>(['author', 'state', 'attributes', 'z', 'language', 'spans'])

/**
 * Removes what the schema refused: the field if it is optional, otherwise the whole label, caption or tag. Regions
 * keep their indices.
 */
function without(record: ImageRecord, issues: readonly { path: PropertyKey[] }[]): ImageRecord {
  const less = structuredClone(record) as ImageRecord & Record<string, unknown>
  const gone = new Set<unknown>()
  for (const {
    path: [list, i, field],
  } of issues) {
    const entries = less[String(list)]
    if (!Array.isArray(entries)) Reflect.deleteProperty(less, list!)
    else if (field !== undefined && optional.has(field)) Reflect.deleteProperty(entries[Number(i)] as object, field)
    else gone.add(`${String(list)} ${String(i)}`)
  }
  for (const list of ['labels', 'captions', 'tags'] as const) {
    const entries: unknown[] | undefined = less[list]
    if (entries) Object.assign(less, { [list]: entries.filter((_, i) => !gone.has(`${list} ${i}`)) })
  }
  return less
}

async function probe(file: string): Promise<Probe> {
  return rasterOf(file, path.basename(file))
}

export async function sha256(file: string): Promise<string> {
  const hash = createHash('sha256')
  for await (const chunk of createReadStream(file)) hash.update(chunk as Buffer)
  return hash.digest('hex')
}

const valid = (n: unknown): n is number => typeof n === 'number' && Number.isInteger(n) && n > 0 && n < 2 ** 26

function sizeOf({ size }: Draft): Size | undefined {
  return size && valid(size.width) && valid(size.height) ? { width: size.width, height: size.height } : undefined
}

/** The upright size, the orientation, and the stored size if the geometry was drawn on the stored (unrotated) image. */
function reconcile({ findings }: Source, draft: Draft, found: Probe | { problem: Said }): [Size | undefined, number, Size | undefined] {
  const annotated = sizeOf(draft)
  const { where, image } = draft
  if (draft.size && !annotated && (draft.size.width !== undefined || draft.size.height !== undefined))
    findings.change(
      where,
      sentence('finding.image-size', { image: image.path, width: draft.size.width ?? '?', height: draft.size.height ?? '?' }),
    )
  if ('problem' in found) {
    findings.change(where, sentence('finding.kept-unchanged', { image: image.path, problem: found.problem }))
    return [annotated, 1, undefined]
  }
  const { width, height, orientation } = found
  const size = { width, height }
  if (!annotated || (annotated.width === width && annotated.height === height)) return [size, orientation, undefined]
  if (orientation >= 5 && annotated.width === height && annotated.height === width) {
    findings.change(where, sentence('finding.turned', { image: image.path, orientation }))
    return [size, orientation, annotated]
  }
  findings.change(
    where,
    sentence('finding.other-size', { image: image.path, width, height, ofWidth: annotated.width, ofHeight: annotated.height }),
  )
  return [size, orientation, undefined]
}

function regionsOf({ findings }: Source, draft: Draft, size: Size | undefined): DraftRegion[] {
  if (typeof draft.regions !== 'function') return draft.regions ?? []
  if (!size) {
    findings.leave(draft.where, sentence('finding.relative-no-size', { image: draft.image.path }))
    return []
  }
  try {
    return draft.regions(size)
  } catch (e) {
    findings.leave(draft.where, reasonFor(e))
    return []
  }
}

/** Returns finite, non-empty geometry inside the image, or null with the reason noted. */
function soundShape(shape: Shape, size: Size | undefined, at: Where, { findings }: Source): Shape | null {
  const leave = (reason: Said) => {
    findings.leave(at, reason)
    return null
  }
  for (const n of numbersOf(shape)) {
    if (!Number.isFinite(n)) return leave(sentence('shape.not-finite', { kind: kindWord(shape.kind) }))
    // Larger coordinates are clipped to the image when its size is known.
    if (Math.abs(n) > (size ? 2 ** 31 : limits.coordinate)) return leave(sentence('shape.too-far', { kind: kindWord(shape.kind), at: n }))
  }
  const many = tooMany(shape)
  if (many) return leave(sentence('in-field', { field: kindWord(shape.kind), problem: many }))
  if (shape.kind === 'mask') {
    const [h, w] = shape.rle.size
    if (size && (w !== size.width || h !== size.height))
      return leave(sentence('finding.mask-size', { width: w, height: h, ofWidth: size.width, ofHeight: size.height }))
    const problem = rleProblem(shape.rle)
    return problem
      ? leave(sentence('shape.mask-problem', { problem }))
      : rleArea(shape.rle) === 0
        ? leave(sentence('shape.mask-empty'))
        : shape
  }
  if ((shape.kind === 'box' || shape.kind === 'rotated-box') && !(shape.w > 0 && shape.h > 0))
    return leave(sentence('shape.empty', { kind: kindWord(shape.kind), width: shape.w, height: shape.h }))
  if (!size) return shape
  // Coordinates converted between units carry rounding errors; those do not count as outside.
  const slack = 1e-3
  const b = shapeBox(shape)
  if (shape.kind !== 'rotated-box' && b.x >= -slack && b.y >= -slack && b.x + b.w <= size.width + slack && b.y + b.h <= size.height + slack)
    return shape
  let clipped: Shape | null
  try {
    clipped = clipShape(shape, size.width, size.height)
  } catch (e) {
    return leave(sentence('in-field', { field: kindWord(shape.kind), problem: reasonFor(e) }))
  }
  const problem = clipped && shapeProblem(clipped, size)
  if (problem) return leave(problem)
  if (!clipped)
    return leave(sentence('shape.outside', { kind: kindWord(shape.kind), box: describe(b), width: size.width, height: size.height }))
  if (clipped !== shape)
    findings.change(at, sentence('shape.clipped', { kind: kindWord(shape.kind), box: describe(b), width: size.width, height: size.height }))
  return clipped
}

const round = (n: number) => Math.round(n * 100) / 100
const describe = (b: { x: number; y: number; w: number; h: number }) =>
  `${round(b.x)}, ${round(b.y)} to ${round(b.x + b.w)}, ${round(b.y + b.h)}`

/** All numbers that must be finite: coordinates and sizes. */
function* numbersOf(shape: Shape): Generator<number> {
  if (shape.kind === 'mask') return yield* shape.rle.size
  yield* coordinatesOf(shape)
  if (shape.kind === 'box') yield* [shape.w, shape.h]
  if (shape.kind === 'rotated-box') yield shape.angle
}

function tooMany(shape: Shape): Sentence | null {
  const over = (n: number, most: number, what: 'parts' | 'rings' | 'numbers' | 'points' | 'edges') =>
    n > most ? sentence('shape.too-many', { n, what: sentence(`shape.${what}`), most }) : null
  switch (shape.kind) {
    case 'polygon':
      return (
        over(shape.parts.length, limits.parts, 'parts') ??
        shape.parts
          .map((part) => over(part.length, limits.parts, 'rings') ?? over(Math.max(...part.map((r) => r.length)), limits.ring, 'numbers'))
          .find(Boolean) ??
        null
      )
    case 'polyline':
      return over(shape.points.length, limits.ring, 'numbers')
    case 'keypoints':
      return over(shape.points.length, limits.keypoints, 'points') ?? over(shape.edges?.length ?? 0, limits.edges, 'edges')
    default:
      return null
  }
}

/** Drops attributes longer than the limit. */
function soundAttributes(attributes: Attributes, at: Where, findings: Source['findings']): Attributes {
  const entries = Object.entries(attributes)
  const fits = ([name, value]: (typeof entries)[number]) =>
    name.length <= limits.name && (typeof value !== 'string' || value.length <= limits.value)
  if (entries.length <= limits.list && entries.every(fits)) return attributes
  for (const entry of entries)
    if (!fits(entry)) findings.leave(at, sentence('finding.attribute-long', { name: entry[0].slice(0, 80), most: limits.value }))
  if (entries.length > limits.list) findings.leave(at, sentence('finding.attributes-many', { n: entries.length, most: limits.list }))
  return Object.fromEntries(entries.filter(fits).slice(0, limits.list))
}
