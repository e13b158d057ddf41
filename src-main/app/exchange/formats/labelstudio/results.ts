/**
 * Interprets one Label Studio result: a shape, or a value of a region or the whole image. Results sharing an id
 * describe one region.
 */
import { z } from 'zod'
import type { Author } from '#shared/model/author.ts'
import type { RecordCaption } from '#shared/model/record.ts'
import type { Attributes } from '#shared/model/region.ts'
import { keypointsShape, type Shape } from '#shared/model/shape.ts'
import { sentence } from '#shared/sentences/table.ts'
import { reasonFor, type Said, Unfit } from '../../findings.ts'
import { attributesFrom } from '../../attributes.ts'
import { decodeBrush } from '../../brush.ts'
import type { DraftRegion, Size, Source } from '../../draft.ts'
import type { Provenance } from '../../provenance.ts'
import { boxOf, ellipseRing, snap, toRing } from '../../shapes.ts'
import { readProvenance } from '../../provenance.ts'

const n = z
  .union([z.number(), z.string().transform(Number)])
  .nullable()
  .transform((v) => v ?? NaN)
const strings = z.union([z.array(z.union([z.string(), z.number().transform(String), z.array(z.string())])), z.string()])
const value = z.looseObject({
  x: n.optional(),
  y: n.optional(),
  width: n.optional(),
  height: n.optional(),
  rotation: n.nullish(),
  radiusX: n.optional(),
  radiusY: n.optional(),
  points: z.array(z.tuple([n, n])).optional(),
  closed: z.boolean().nullish(),
  vertices: z.array(z.looseObject({ x: n, y: n })).optional(),
  format: z.string().optional(),
  rle: z.array(z.number().int().min(0).max(255)).optional(),
  choices: strings.optional(),
  text: strings.optional(),
  taxonomy: z.array(z.array(z.string())).optional(),
})
export const result = z.looseObject({
  id: z.union([z.string(), z.number().transform(String)]).nullish(),
  type: z.string(),
  from_name: z.string().nullish(),
  value: value.nullish().transform((v) => v ?? {}),
  original_width: z.number().nullish(),
  original_height: z.number().nullish(),
  score: z
    .union([z.number(), z.string().transform(Number)])
    .nullish()
    .catch(null),
  from_id: z.union([z.string(), z.number().transform(String)]).nullish(),
  to_id: z.union([z.string(), z.number().transform(String)]).nullish(),
  direction: z.string().nullish(),
  labels: z.array(z.string()).nullish().catch(null),
  parentID: z
    .union([z.string(), z.number().transform(String)])
    .nullish()
    .catch(null),
  meta: z.record(z.string(), z.unknown()).nullish().catch(null),
})
export type Result = z.output<typeof result>

/** The results of one person or model. */
export interface ResultSet {
  results: Result[]
  authorOf: (r: Result | null) => Author | undefined
}

const ofVideo = (r: Result) => 'sequence' in r.value || 'start' in r.value || /^(video|timeseries|audio|paragraph|hypertext)/.test(r.type)
export const isShape = (r: Result) =>
  !ofVideo(r) && (r.value.x !== undefined || r.value.points !== undefined || r.value.rle !== undefined || r.value.vertices !== undefined)
export const listOf = (v: z.output<typeof strings> | undefined): string[] =>
  v === undefined ? [] : typeof v === 'string' ? [v] : v.map((s) => (typeof s === 'string' ? s : s.at(-1)!))

const geometry = new Set([...Object.keys(value.shape), 'sequence'])

/** A number, rating, date or other value that is neither geometry nor label, as text; null if there is none. */
export function wholeValue(r: Result): string | null {
  if (ofVideo(r)) return null
  const all = Object.entries(
    attributesFrom(Object.fromEntries(Object.entries(r.value).filter(([k]) => !geometry.has(k) && !/labels$/.test(k)))),
  )
  return all.length ? all.map(([k, v]) => (all.length > 1 ? `${k} ${v}` : String(v))).join(', ') : null
}

function labelsOf(r: Result): string[] {
  for (const [key, v] of Object.entries(r.value))
    if (/labels$/.test(key) && Array.isArray(v)) return v.filter((s): s is string => typeof s === 'string')
  return []
}

export function regionsOf({ findings }: Source, where: { file: string; line: number }, sets: readonly ResultSet[], size: Size) {
  const regions: DraftRegion[] = []
  const captions: RecordCaption[] = []
  for (const { results, authorOf } of sets) {
    /** Results sharing an id describe one region: its shape, labels and text. */
    const byId = new Map<string, Result[]>()
    for (const r of results) if (r.id != null) byId.set(r.id, [...(byId.get(r.id) ?? []), r])
    const done = new Map<string, DraftRegion>()
    for (const r of results) {
      if (!isShape(r) || (r.id != null && done.has(r.id))) continue
      if (typeof r.meta?.['partOf'] === 'string' && done.has(r.meta['partOf'])) continue // a keypoint exported by us as part of a shape
      const all = r.id == null ? [r] : byId.get(r.id)!
      try {
        const shape = shapeOf(r, size)
        const names = [...new Set(all.flatMap(labelsOf))]
        const ours = all.find((o) => o.meta?.['dashi'] !== undefined)?.meta
        const author = authorOf(r)
        const by: Provenance = { ...(author ? { author } : {}), ...readProvenance(ours?.['provenance'] ?? {}) }
        const attributes = { ...attributesOf(all, author), ...attributesFrom(ours?.['dashi']) }
        if (names.length > 1) {
          findings.change(where, sentence('finding.labels-of-region', { id: r.id ?? '', labels: names.join(', ') }))
          attributes['other labels'] = names.slice(1).join(', ')
        }
        const region: DraftRegion = { label: names[0] ?? null, shape, line: where.line, ...by, attributes }
        regions.push(region)
        if (r.id != null) done.set(r.id, region)
        for (const other of all)
          if (other.type === 'textarea')
            for (const text of listOf(other.value.text)) captions.push({ text, region: regions.length - 1, ...by })
      } catch (e) {
        findings.leave(where, sentence('in-field', { field: `${r.type} ${r.id ?? ''}`, problem: reasonFor(e) }))
      }
    }
    links(results, done, (reason) => findings.leave(where, reason))
  }
  for (const r of regions) if (Object.keys(r.attributes ?? {}).length === 0) delete r.attributes
  return { regions, captions }
}

/** A region's choices, numbers, ratings and dates, keyed by control name; a model's score goes to its author instead. */
function attributesOf(all: readonly Result[], author: Author | undefined): Attributes {
  const out: Attributes = {}
  for (const r of all) {
    const name = r.from_name || r.type
    if (r.value.choices) out[name] = listOf(r.value.choices).join(', ')
    if (r.value.taxonomy) out[name] = r.value.taxonomy.map((path) => path.join(' / ')).join(', ')
    const { choices: _, taxonomy: __, text: ___, ...rest } = r.value
    const own = Object.entries(
      attributesFrom(Object.fromEntries(Object.entries(rest).filter(([k]) => !geometry.has(k) && !/labels$/.test(k)))),
    )
    for (const [k, v] of own) out[own.length > 1 || k === name ? (own.length > 1 ? `${name}.${k}` : k) : name] = v
    if (r.score != null && author?.kind !== 'checkpoint') out['score'] = r.score
    const { dashi: _ours, provenance: _by, ...notes } = r.meta ?? {}
    Object.assign(out, attributesFrom({ ...(notes['text'] === undefined ? notes : { ...notes, note: notes['text'], text: null }) }))
  }
  return out
}

/** Relations and parents become attributes naming the other region; both ends get an id so that the name resolves. */
function links(results: readonly Result[], regions: ReadonlyMap<string, DraftRegion>, leave: (reason: Said) => void): void {
  const say = (from: DraftRegion, name: string, text: string) => {
    const attributes = (from.attributes ??= {})
    attributes[name] = attributes[name] === undefined ? text : `${String(attributes[name])}; ${text}`
  }
  for (const r of results) {
    const pair = r.type === 'relation' ? ([r.from_id, r.to_id] as const) : r.parentID && r.id != null ? ([r.id, r.parentID] as const) : null
    if (!pair) continue
    const [from, to] = pair.map((id) => regions.get(id ?? ''))
    if (!from || !to) {
      if (r.type === 'relation' || from)
        leave(sentence(r.type === 'relation' ? 'finding.relation' : 'finding.parent', { from: pair[0] ?? '?', to: pair[1] ?? '?' }))
      continue
    }
    const said = String(from.attributes?.[r.type === 'relation' ? 'relation' : 'parent'] ?? '')
    const named = `${to.label ?? 'region'} (${pair[1]})`
    if (said.includes(named)) continue
    if (r.type === 'relation')
      say(
        from,
        'relation',
        `${r.labels?.length ? `${r.labels.join(', ')} ` : ''}${r.direction === 'left' ? '←' : r.direction === 'bi' ? '↔' : '→'} ${named}`,
      )
    else say(from, 'parent', named)
    from.attributes!['id'] ??= pair[0]!
    ;(to.attributes ??= {})['id'] ??= pair[1]!
  }
}

function shapeOf(r: Result, { width: W, height: H }: Size): Shape {
  const v = r.value
  const [px, py] = [(x: number) => snap((x * W) / 100), (y: number) => snap((y * H) / 100)]
  const own = keypointsShape.safeParse((r.meta?.['keypoints'] as unknown) ?? null)
  if (own.success) return own.data
  if (v.rle) {
    if (v.format !== undefined && v.format !== 'rle') throw new Unfit(sentence('finding.brush-format', { format: String(v.format) }))
    return { kind: 'mask', rle: decodeBrush(v.rle, { width: r.original_width ?? W, height: r.original_height ?? H }) }
  }
  const points = v.points ?? v.vertices?.map(({ x, y }): [number, number] => [x, y])
  if (points) {
    const flat = points.flatMap(([x, y]) => [px(x), py(y)])
    if (v.closed === false || (v.vertices && !v.closed)) {
      if (flat.length < 4) throw new Unfit(sentence('finding.two-points'))
      return { kind: 'polyline', points: flat }
    }
    const ring = toRing(flat)
    if (!ring) throw new Unfit(sentence('finding.three-points'))
    return { kind: 'polygon', parts: [[ring]] }
  }
  const [x, y, angle] = [px(v.x!), py(v.y ?? NaN), v.rotation ?? 0]
  if (v.radiusX !== undefined) return { kind: 'polygon', parts: [[ellipseRing(x, y, px(v.radiusX), py(v.radiusY ?? NaN), angle)]] }
  if (/^keypoint/.test(r.type) || v.height === undefined) return { kind: 'keypoints', points: [{ x, y, v: 2 }] }
  const [w, h] = [px(v.width ?? NaN), py(v.height)]
  if (!angle) return boxOf(x, y, w, h)
  const t = (angle * Math.PI) / 180
  return {
    kind: 'rotated-box',
    cx: x + (w / 2) * Math.cos(t) - (h / 2) * Math.sin(t),
    cy: y + (w / 2) * Math.sin(t) + (h / 2) * Math.cos(t),
    w,
    h,
    angle,
  }
}
