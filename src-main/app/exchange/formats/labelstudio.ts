/** Label Studio JSON: labelstud.io/guide/export. Percent of the image; boxes turn about their top-left corner; brush masks as in brush.ts. */
import { z } from 'zod'
import type { Author } from '#shared/model/author.ts'
import type { RecordCaption, RecordLabel, RecordRegion } from '#shared/model/record.ts'
import type { Shape } from '#shared/model/shape.ts'
import { decodeBrush, encodeBrush } from '../brush.ts'
import type { Draft, DraftRegion, Size, Source } from '../draft.ts'
import { message } from '../findings.ts'
import { type Format, usualLosses } from '../format.ts'
import { jsonItems } from '../json.ts'
import { boxOf, ellipseRing, hasHoles, maskOf, outlines, snap, toRing } from '../shapes.ts'
import { copyImage, type Item, labelOf, openText, type Target, withoutImagesFolder, writeFile } from '../target.ts'
import { findImage, type Found, isImage } from '../tree.ts'
import { escapeXml } from '../xml.ts'
import { fullTasks } from './labelstudio-min.ts'

const n = z.number().nullable().transform((v) => v ?? NaN)
const strings = z.union([z.array(z.union([z.string(), z.array(z.string())])), z.string()])
const value = z.looseObject({
  x: n.optional(), y: n.optional(), width: n.optional(), height: n.optional(), rotation: n.nullish(), radiusX: n.optional(), radiusY: n.optional(),
  points: z.array(z.tuple([n, n])).optional(), closed: z.boolean().nullish(),
  format: z.string().optional(), rle: z.array(z.number().int().min(0).max(255)).optional(),
  choices: strings.optional(), text: strings.optional(), taxonomy: z.array(z.array(z.string())).optional(),
})
const result = z.looseObject({
  id: z.string().nullish(), type: z.string(), from_name: z.string().nullish(), value,
  original_width: z.number().nullish(), original_height: z.number().nullish(), score: z.number().nullish(),
})
const annotation = z.looseObject({
  result: z.array(z.unknown()), was_cancelled: z.boolean().nullish(),
  completed_by: z.union([z.number(), z.looseObject({ id: z.number().nullish(), email: z.string().nullish() })]).nullish(),
  model_version: z.string().nullish(), score: z.number().nullish(),
})
const task = z.looseObject({
  data: z.record(z.string(), z.unknown()),
  annotations: z.array(annotation).nullish(), completions: z.array(annotation).nullish(),
  predictions: z.array(z.union([annotation, z.number()])).nullish(),
})
type Result = z.output<typeof result>

function* read(source: Source): Generator<Draft> {
  const { tree, file, findings } = source
  const files = file === null ? tree.names('').filter((f) => f.endsWith('.json')) : [file]
  for (const name of files) {
    const full = fullTasks(findings)
    for (const { value: raw, line, problem } of jsonItems(tree.absolute(name), { elements: [''] })) {
      const parsed = task.safeParse(full(raw, { file: name, line }))
      if (problem || !parsed.success) {
        findings.leave({ file: name, line }, problem ?? `task: ${parsed.error!.issues[0]!.path.join('.')}: ${parsed.error!.issues[0]!.message}`)
        continue
      }
      const draft = draftOf(source, { file: name, line }, parsed.data)
      if (draft) yield draft
    }
  }
}

/** The field that names the image: `image`, or the first that looks like one. */
function imageOf({ images }: Source, data: Record<string, unknown>): { name: string; found: Found | null } | null {
  const texts = Object.entries(data).filter((e): e is [string, string] => typeof e[1] === 'string')
  const [, name] = texts.find(([k]) => ['image', 'img'].includes(k)) ?? texts.find(([, v]) => isImage(v.split('?')[0]!) || /[?&]d=/.test(v)) ?? []
  if (name === undefined) return null
  // /data/local-files/?d=path (URL-encoded) and /data/upload/7/0a1b2c3d-name.jpg
  const local = /[?&]d=([^&]+)/.exec(name)?.[1]
  const decoded = local === undefined ? name.split('?')[0]! : decode(local).replace(/^\/+/, '')
  for (const tried of [decoded, decode(decoded), decoded.replace(/([^/]*)$/, (b) => b.replace(/^[0-9a-f]{8}-/, '')), decode(decoded).replace(/([^/]*)$/, (b) => b.replace(/^[0-9a-f]{8}-/, ''))]) {
    const found = findImage(images, tried, ['', 'images', 'media', 'upload'])
    // Where the name is an address, its last part is what can be looked for: not a repair worth a line.
    if (found?.exists) return { name, found: { path: found.path, exists: true } }
  }
  const upload = /^\/?data\/upload\/(?:\d+\/)?(.*)$/.exec(decoded)?.[1] ?? decoded.replace(/^[a-z][a-z0-9+]*:\/\/[^/]*\//, '')
  return { name, found: findImage(images, upload, ['']) }
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

function draftOf(source: Source, where: { file: string; line: number }, t: z.output<typeof task>): Draft | null {
  const { findings } = source
  const image = imageOf(source, t.data)
  if (!image) {
    findings.leave(where, 'task: its data names no image')
    return null
  }
  if (!image.found) {
    findings.leave(where, `image ${JSON.stringify(image.name)}: a path outside the folder, and no image of that name in it`)
    return null
  }
  const labels: RecordLabel[] = []
  const captions: RecordCaption[] = []
  const sets: { results: Result[]; author: Author | undefined }[] = []
  let size: Draft['size']
  const take = (a: z.output<typeof annotation>, by: 'person' | 'model') => {
    if (a.was_cancelled) return
    const results = a.result.flatMap((raw): Result[] => {
      const parsed = result.safeParse(raw)
      if (parsed.success) return [parsed.data]
      findings.leave(where, `result: ${parsed.error.issues[0]!.path.join('.')}: ${parsed.error.issues[0]!.message}`)
      return []
    })
    for (const r of results) if (r.original_width && r.original_height) size ??= { width: r.original_width, height: r.original_height }
    const email = typeof a.completed_by === 'object' ? a.completed_by?.email : undefined
    const score = Math.min(1, Math.max(0, results.find((r) => r.score != null)?.score ?? a.score ?? 0))
    sets.push({ results, author: by === 'model' ? { kind: 'checkpoint', checkpoint: a.model_version ?? 'prediction', score } : email ? { kind: 'person', name: email } : undefined })
  }
  for (const a of [...(t.annotations ?? []), ...(t.completions ?? [])]) take(a, 'person')
  for (const p of t.predictions ?? []) if (typeof p === 'object') take(p, 'model')
  // Labels of the whole image and captions do not need its size.
  for (const { results, author } of sets) {
    const shaped = new Set(results.filter(isShape).map((r) => r.id))
    for (const r of results) {
      if (r.id != null && shaped.has(r.id)) continue
      const a = author ? { author } : {}
      for (const label of listOf(r.value.choices)) labels.push({ label, ...a })
      for (const path of r.value.taxonomy ?? []) if (path.length) labels.push({ label: path.at(-1)!, ...a })
      if (r.type === 'textarea') for (const text of listOf(r.value.text)) captions.push({ text, ...a })
      else if (!isShape(r) && !r.value.choices && !r.value.taxonomy) findings.leave(where, `result of type ${r.type}: not of an image`)
    }
  }
  // Regions first, so that the captions of regions know their index.
  const built = size && regionsOf(source, where, sets, size as Size)
  return {
    image: image.found, where, size, labels, split: typeof t.data['split'] === 'string' ? t.data['split'] : null,
    captions: [...captions, ...(built?.captions ?? [])],
    regions: built ? built.regions : (real) => regionsOf(source, where, sets, real).regions,
  }
}

const isShape = (r: Result) => r.value.x !== undefined || r.value.points !== undefined || r.value.rle !== undefined
const listOf = (v: z.output<typeof strings> | undefined): string[] => (v === undefined ? [] : typeof v === 'string' ? [v] : v.map((s) => (typeof s === 'string' ? s : s.at(-1)!)))

function labelsOf(r: Result): string[] {
  for (const [key, v] of Object.entries(r.value)) if (/labels$/.test(key) && Array.isArray(v)) return v.filter((s): s is string => typeof s === 'string')
  return []
}

function regionsOf({ findings }: Source, where: { file: string; line: number }, sets: readonly { results: Result[]; author: Author | undefined }[], size: Size) {
  const regions: DraftRegion[] = []
  const captions: RecordCaption[] = []
  for (const { results, author } of sets) {
    /** Results that share an id describe one region: its shape, its labels, its text. */
    const byId = new Map<string, Result[]>()
    for (const r of results) if (r.id != null) byId.set(r.id, [...(byId.get(r.id) ?? []), r])
    const done = new Set<string>()
    for (const r of results) {
      if (!isShape(r) || (r.id != null && done.has(r.id))) continue
      if (r.id != null) done.add(r.id)
      const all = r.id == null ? [r] : byId.get(r.id)!
      try {
        const shape = shapeOf(r, size)
        const names = [...new Set(all.flatMap(labelsOf))]
        const attributes: Record<string, string | number | boolean> = {}
        for (const other of all)
          if (other.value.choices && other.from_name) attributes[other.from_name] = listOf(other.value.choices).join(', ')
        if (typeof r['meta'] === 'object' && r['meta'] && 'dashi' in r['meta']) Object.assign(attributes, scalars((r['meta'] as Record<string, unknown>)['dashi']))
        if (names.length > 1) findings.change(where, `region ${r.id ?? ''} has the labels ${names.join(', ')}; the first was taken`)
        regions.push({
          label: names[0] ?? null, shape, line: where.line, ...(author ? { author } : {}), ...(Object.keys(attributes).length ? { attributes } : {}),
        })
        for (const other of all) if (other.type === 'textarea') for (const text of listOf(other.value.text)) captions.push({ text, region: regions.length - 1, ...(author ? { author } : {}) })
      } catch (e) {
        findings.leave(where, `${r.type} ${r.id ?? ''}: ${message(e)}`)
      }
    }
  }
  return { regions, captions }
}

const scalars = (v: unknown) => Object.fromEntries(Object.entries(v ?? {}).filter(([, x]) => ['string', 'number', 'boolean'].includes(typeof x))) as Record<string, string>

function shapeOf(r: Result, { width: W, height: H }: Size): Shape {
  const v = r.value
  const [px, py] = [(x: number) => snap((x * W) / 100), (y: number) => snap((y * H) / 100)]
  if (v.rle) {
    if (v.format !== undefined && v.format !== 'rle') throw new Error(`brush of format ${v.format}`)
    return { kind: 'mask', rle: decodeBrush(v.rle, { width: r.original_width ?? W, height: r.original_height ?? H }) }
  }
  if (v.points) {
    const flat = v.points.flatMap(([x, y]) => [px(x), py(y)])
    if (v.closed === false) {
      if (flat.length < 4) throw new Error('fewer than two points')
      return { kind: 'polyline', points: flat }
    }
    const ring = toRing(flat)
    if (!ring) throw new Error('fewer than three points')
    return { kind: 'polygon', parts: [[ring]] }
  }
  const [x, y, angle] = [px(v.x!), py(v.y ?? NaN), v.rotation ?? 0]
  if (v.radiusX !== undefined) return { kind: 'polygon', parts: [[ellipseRing(x, y, px(v.radiusX), py(v.radiusY ?? NaN), angle)]] }
  if (/^keypoint/.test(r.type) || v.height === undefined) return { kind: 'keypoints', points: [{ x, y, v: 2 }] }
  const [w, h] = [px(v.width ?? NaN), py(v.height)]
  if (!angle) return boxOf(x, y, w, h)
  const t = (angle * Math.PI) / 180
  return { kind: 'rotated-box', cx: x + (w / 2) * Math.cos(t) - (h / 2) * Math.sin(t), cy: y + (w / 2) * Math.sin(t) + (h / 2) * Math.cos(t), w, h, angle }
}

function write(items: Iterable<Item>, target: Target): void {
  const out = openText(target, 'tasks.json')
  out.write('[')
  let id = 0
  for (const item of items) {
    const { record } = item
    const name = withoutImagesFolder(record.fileName)
    copyImage(target, item, `images/${name}`)
    const results = resultsOf(item, target)
    const by = (author: Author | undefined) => (author?.kind === 'checkpoint' ? author.checkpoint : null)
    const models = [...new Set(results.map((r) => by(r.author)).filter((m) => m !== null))]
    const whole = {
      id: ++id,
      data: { image: `/data/local-files/?d=${encodeURIComponent(`images/${name}`)}`, ...(record.split ? { split: record.split } : {}) },
      annotations: [{ id, completed_by: 1, was_cancelled: false, ground_truth: false, result: results.filter((r) => by(r.author) === null).map((r) => r.json) }],
      predictions: models.map((model_version) => ({ model_version, result: results.filter((r) => by(r.author) === model_version).map((r) => ({ ...r.json, score: r.author?.kind === 'checkpoint' ? r.author.score : 0 })) })),
    }
    out.write(`${id > 1 ? ',' : ''}\n${JSON.stringify(whole)}`)
  }
  out.write('\n]\n')
  out.close()
  writeFile(target, 'labeling_config.xml', config(target.labels))
}

function resultsOf({ record }: Item, target: Target): { json: object; author: Author | undefined }[] {
  const out: { json: object; author: Author | undefined }[] = []
  const common = { original_width: record.width, original_height: record.height, image_rotation: 0, to_name: 'image', origin: 'manual' }
  const sized = record.width && record.height ? { width: record.width, height: record.height } : null
  const regionIds: string[] = []
  for (const [i, r] of (record.regions ?? []).entries()) {
    regionIds.push(`region-${i + 1}`)
    const values = sized ? valuesOf(r, sized) : []
    if (values.length === 0) target.findings.leave({ file: record.fileName }, `${r.shape.kind} of ${labelOf(r)}: the size of the image is not known`)
    values.forEach(({ type, value: v, label }, k) =>
      out.push({
        author: r.author,
        json: {
          id: k === 0 ? regionIds[i]! : `${regionIds[i]}-${k + 1}`, type, from_name: type, ...common, value: { ...v, [type]: [label ?? labelOf(r)] },
          ...(Object.keys(r.attributes ?? {}).length ? { meta: { dashi: r.attributes } } : {}),
        },
      }),
    )
  }
  if (record.labels?.length) out.push({ author: undefined, json: { id: 'labels', type: 'choices', from_name: 'choices', to_name: 'image', value: { choices: record.labels.map((l) => l.label) } } })
  for (const [i, c] of (record.captions ?? []).entries())
    out.push({ author: c.author, json: { id: c.region == null ? `caption-${i + 1}` : regionIds[c.region]!, type: 'textarea', from_name: c.region == null ? 'caption' : 'description', to_name: 'image', value: { text: [c.text] } } })
  return out
}

function valuesOf({ shape }: RecordRegion, size: Size): { type: string; value: object; label?: string }[] {
  const [sx, sy] = [(x: number) => (100 * x) / size.width, (y: number) => (100 * y) / size.height]
  const percent = (flat: readonly number[]) => Array.from({ length: flat.length / 2 }, (_, i) => [sx(flat[2 * i]!), sy(flat[2 * i + 1]!)])
  switch (shape.kind) {
    case 'box': return [{ type: 'rectanglelabels', value: { x: sx(shape.x), y: sy(shape.y), width: sx(shape.w), height: sy(shape.h), rotation: 0 } }]
    case 'rotated-box': {
      const { cx, cy, w, h, angle } = shape
      const t = (angle * Math.PI) / 180
      const x = cx - (w / 2) * Math.cos(t) + (h / 2) * Math.sin(t)
      const y = cy - (w / 2) * Math.sin(t) - (h / 2) * Math.cos(t)
      return [{ type: 'rectanglelabels', value: { x: sx(x), y: sy(y), width: sx(w), height: sy(h), rotation: angle } }]
    }
    case 'polyline': return [{ type: 'polygonlabels', value: { points: percent(shape.points), closed: false } }]
    case 'keypoints': return shape.points.filter((p) => p.v > 0).map((p) => ({ type: 'keypointlabels', value: { x: sx(p.x), y: sy(p.y), width: 0.5 } }))
    case 'polygon':
      if (!hasHoles(shape) && shape.parts.length === 1) return [{ type: 'polygonlabels', value: { points: percent(outlines(shape)![0]!), closed: true } }]
  }
  return [{ type: 'brushlabels', value: { format: 'rle', rle: encodeBrush(maskOf(shape, size)!) } }]
}

function config(labels: readonly string[]): string {
  const all = labels.map((l) => `    <Label value="${escapeXml(l)}"/>`).join('\n')
  const control = (tag: string, name: string) => `  <${tag} name="${name}" toName="image">\n${all}\n  </${tag}>`
  const choices = labels.map((l) => `    <Choice value="${escapeXml(l)}"/>`).join('\n')
  return `<View>
  <Image name="image" value="$image"/>
${control('RectangleLabels', 'rectanglelabels')}
${control('PolygonLabels', 'polygonlabels')}
${control('BrushLabels', 'brushlabels')}
${control('KeyPointLabels', 'keypointlabels')}
  <Choices name="choices" toName="image" choice="multiple">
${choices}
  </Choices>
  <TextArea name="caption" toName="image"/>
  <TextArea name="description" toName="image" perRegion="true"/>
</View>
`
}

const { captions: _, 'region captions': __, 'image labels': ___, ...without } = usualLosses
export const labelstudio: Format = {
  name: 'labelstudio',
  title: 'Label Studio JSON',
  recognises: ({ name, head, has }) =>
    name.endsWith('.json') && /^\s*\[/.test(head) && ((has('data') && (has('annotations') || has('predictions') || has('completions'))) || has('annotation_id')),
  read,
  write,
  images: 'none',
  losses: {
    ...without,
    holes: 'are kept: the polygons that have them become brush masks',
    parts: 'are kept: polygons of several parts become one brush mask',
    keypoints: 'become single points; their names and edges are left out',
    authors: 'are kept of checkpoints (as predictions), not of persons',
    'unlabelled regions': 'get the label “unlabelled”',
  },
}
