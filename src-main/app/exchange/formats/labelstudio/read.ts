/** Reads Label Studio JSON: tasks with annotations (people) and predictions (models), each a list of results. */
import { z } from 'zod'
import type { Author } from '#shared/model/author.ts'
import type { RecordLabel } from '#shared/model/record.ts'
import { sentence } from '#shared/sentences/table.ts'
import { problemOf } from '../../findings.ts'
import type { Draft, Size, Source } from '../../draft.ts'
import { jsonItems } from '../../json.ts'
import { findImage, type Found, isImage, join } from '../../tree.ts'
import { fullTasks } from './min.ts'
import { isShape, listOf, type Result, result, type ResultSet, regionsOf, wholeValue } from './results.ts'

const who = z.union([
  z.number(),
  z.string(),
  z.looseObject({ id: z.union([z.number(), z.string()]).nullish(), email: z.string().nullish(), username: z.string().nullish() }),
])
const score = z
  .union([z.number(), z.string().transform(Number)])
  .nullish()
  .catch(null)
const annotation = z.looseObject({
  result: z.array(z.unknown()).nullish(),
  was_cancelled: z.boolean().nullish().catch(null),
  ground_truth: z.boolean().nullish().catch(null),
  completed_by: who.nullish().catch(null),
  model_version: z.string().nullish().catch(null),
  score,
})
type Annotation = z.output<typeof annotation>
const task = z.looseObject({
  data: z.record(z.string(), z.unknown()),
  annotations: z.array(z.unknown()).nullish(),
  completions: z.array(z.unknown()).nullish(),
  predictions: z.array(z.unknown()).nullish(),
  drafts: z.array(z.unknown()).nullish().catch(null),
})
interface Where {
  file: string
  line: number
}

/** Number of images annotated by several people, and of their annotations. */
interface Several {
  images: number
  annotations: number
}

export function* read(source: Source): Generator<Draft> {
  const { tree, file, findings, options } = source
  const files = file === null ? [...tree.files('', findings)].filter((f) => f.endsWith('.json') && isLabelStudio(tree.peek(f))) : [file]
  for (const name of files) {
    const full = fullTasks(findings, options.annotators === 'all')
    const several: Several = { images: 0, annotations: 0 }
    for (const { value: raw, line, problem } of jsonItems(tree.absolute(name), { elements: [''] })) {
      const where = { file: name, line }
      const given = full(raw, where)
      if (given === null) continue
      const parsed = task.safeParse(given)
      if (problem || !parsed.success) {
        findings.leave(where, problem ?? sentence('in-field', { field: 'task', problem: problemOf(parsed.error!) }))
        continue
      }
      const draft = draftOf(source, where, parsed.data, several)
      if (draft) yield draft
    }
    const { images, annotations } = several
    if (images) {
      const taken = options.annotators === 'all' ? sentence('note.all-kept') : sentence('note.first-kept')
      findings.note(sentence(images === 1 ? 'note.several-people-one' : 'note.several-people', { file: name, images, annotations, taken }))
    }
  }
}

export const isLabelStudio = ({ name, head, has }: { name: string; head: string; has: (key: string) => boolean }) =>
  name.endsWith('.json') &&
  /^\ufeff?\s*\[/.test(head) &&
  ((has('data') && (has('annotations') || has('predictions') || has('completions'))) || has('annotation_id'))

/** The field naming the image: `image`, or the first that looks like an image. */
function imageOf({ images }: Source, data: Record<string, unknown>): { name: string; found: Found | null } | null {
  const texts = Object.entries(data).filter((e): e is [string, string] => typeof e[1] === 'string')
  const [, name] =
    texts.find(([k]) => ['image', 'img'].includes(k)) ?? texts.find(([, v]) => isImage(v.split('?')[0]!) || /[?&]d=/.test(v)) ?? []
  if (name === undefined) return null
  // /data/local-files/?d=path (URL-encoded) and /data/upload/7/0a1b2c3d-name.jpg
  const local = /[?&]d=([^&]+)/.exec(name)?.[1]
  const decoded = local === undefined ? name.split('?')[0]! : decode(local).replace(/^\/+/, '')
  for (const tried of [
    decoded,
    decode(decoded),
    decoded.replace(/([^/]*)$/, (b) => b.replace(/^[0-9a-f]{8}-/, '')),
    decode(decoded).replace(/([^/]*)$/, (b) => b.replace(/^[0-9a-f]{8}-/, '')),
  ]) {
    const found = findImage(images, tried, ['', 'images', 'media', 'upload'])
    // For a URL, only its last part can be looked up; that is not a repair worth reporting.
    if (found?.exists) return { name, found: { path: found.path, exists: true } }
  }
  const upload = /^\/?data\/upload\/(?:\d+\/)?(.*)$/.exec(decoded)?.[1] ?? decoded.replace(/^[a-z][a-z0-9+]*:\/\/[^/]*\//, '')
  return { name, found: findImage(images, upload, ['']) ?? addressed(name) }
}

/** An image that only a server has: its URL serves as its name until a file is found. */
function addressed(name: string): Found | null {
  if (!/^https?:\/\//i.test(name) || name.length > 1000) return null
  const steps = decode(name)
    .replace(/^https?:\/\//i, '')
    .split(/[/\\?#&]+/)
    .filter((s) => s && s !== '.' && s !== '..' && !s.includes('\0'))
  return steps.length ? { path: join(...steps), exists: false } : null
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

/** The annotator, by e-mail, name or id. */
function personOf(by: Annotation['completed_by']): Author | undefined {
  const name = typeof by === 'object' ? by?.email || by?.username || by?.id : by
  return name == null || name === '' ? undefined : { kind: 'person', name: typeof name === 'number' ? `user ${name}` : name }
}

/** The annotations that count; skipped ones are reported. */
function chosen(source: Source, where: Where, t: z.output<typeof task>, several: Several): Annotation[] {
  const { findings, options } = source
  const all = [...(t.annotations ?? []), ...(t.completions ?? [])].flatMap((raw): Annotation[] => {
    const parsed = annotation.safeParse(raw)
    if (parsed.success) return [parsed.data]
    findings.leave(where, sentence('in-field', { field: 'annotation', problem: problemOf(parsed.error) }))
    return []
  })
  const valid = all.filter((a) => !a.was_cancelled)
  if (valid.length < all.length) findings.note(sentence('note.cancelled', { file: where.file }))
  if (valid.length < 2) return valid
  several.images++
  several.annotations += valid.length
  if (options.annotators === 'all') return valid
  const first = valid.find((a) => a.ground_truth) ?? valid[0]!
  const others = valid
    .filter((a) => a !== first)
    .map((a) => personOf(a.completed_by))
    .map((a) => (a?.kind === 'person' ? a.name : 'someone'))
    .join(', ')
  const what = valid.length === 2 ? 'finding.people-one' : 'finding.people'
  findings.leave(where, sentence(what, { n: valid.length, others }))
  return [first]
}

function draftOf(source: Source, where: Where, t: z.output<typeof task>, several: Several): Draft | null {
  const { findings } = source
  const image = imageOf(source, t.data)
  if (!image) {
    const media = Object.entries(t.data).find(
      ([k, v]) => typeof v === 'string' && /^(video|audio|text|html|csv|timeseries|dialog|pdf)$/i.test(k),
    )?.[0]
    findings.leave(where, media ? sentence('finding.task-of', { media }) : sentence('finding.task-no-image'))
    return null
  }
  if (!image.found) {
    findings.leave(where, sentence('finding.image-not-name', { name: JSON.stringify(image.name.slice(0, 200)) }))
    return null
  }
  const sets: ResultSet[] = []
  let size: Draft['size']
  const take = (a: Annotation, authorOf: (r: Result | null) => Author | undefined) => {
    const results = (a.result ?? []).flatMap((raw): Result[] => {
      const parsed = result.safeParse(raw)
      if (parsed.success) return [parsed.data]
      const type =
        typeof raw === 'object' && raw !== null && typeof (raw as { type?: unknown }).type === 'string'
          ? (raw as { type: string }).type
          : 'result'
      findings.leave(where, sentence('in-field', { field: type, problem: problemOf(parsed.error) }))
      return []
    })
    for (const r of results) if (r.original_width && r.original_height) size ??= { width: r.original_width, height: r.original_height }
    sets.push({ results, authorOf })
  }
  const people = chosen(source, where, t, several)
  for (const a of people) take(a, () => personOf(a.completed_by))
  if (people.length === 0 && t.drafts?.length) findings.leave(where, sentence('finding.draft', { n: t.drafts.length }))
  for (const raw of t.predictions ?? []) {
    const p = annotation.safeParse(raw)
    if (!p.success) continue // a bare number is a prediction's id, without its results
    take(p.data, (r) => ({
      kind: 'checkpoint',
      checkpoint: p.data.model_version || 'prediction',
      score: Math.min(1, Math.max(0, Number(r?.score ?? p.data.score ?? 0) || 0)),
    }))
  }
  const whole = wholeOf(source, where, sets)
  const split = typeof t.data['split'] === 'string' ? t.data['split'] : null
  // Regions come first, so that their captions know their indices.
  const built = size && regionsOf(source, where, sets, size as Size)
  const bare = sets.every((s) => !s.results.some(isShape))
  return {
    image: image.found,
    where,
    size,
    labels: whole.labels,
    tags: whole.tags,
    split,
    captions: [...whole.captions, ...(built?.captions ?? [])],
    ...(bare ? {} : { regions: built ? built.regions : (real: Size) => regionsOf(source, where, sets, real).regions }),
  }
}

/** Image labels, captions and other values, which do not need the image's size. */
function wholeOf({ findings }: Source, where: Where, sets: readonly ResultSet[]) {
  const labels: RecordLabel[] = []
  const captions: NonNullable<Draft['captions']> = []
  const tags: string[] = []
  for (const { results, authorOf } of sets) {
    const shaped = new Set(results.filter(isShape).map((r) => r.id))
    for (const r of results) {
      if (isShape(r) || r.type === 'relation' || (r.id != null && shaped.has(r.id))) continue
      const author = authorOf(r)
      const by = author ? { author } : {}
      const value = wholeValue(r)
      if (r.value.choices || r.value.taxonomy) {
        for (const label of listOf(r.value.choices)) labels.push({ label, ...by })
        for (const path of r.value.taxonomy ?? []) if (path.length) labels.push({ label: path.at(-1)!, ...by })
      } else if (r.type === 'textarea') for (const text of listOf(r.value.text)) captions.push({ text, ...by })
      else if (value !== null) tags.push(`${r.from_name ?? r.type}: ${value}`.slice(0, 200))
      else findings.leave(where, sentence('finding.type-not-image', { type: r.type }))
    }
  }
  return { labels, captions, tags: [...new Set(tags)] }
}
