/** Exports a project, or part of it, to any format. */
import { existsSync, readdirSync, statSync } from 'node:fs'
import path from 'node:path'
import { cancelled, dataError, userError } from '#shared/errors.ts'
import { issueSentence } from '#shared/sentences/issue.ts'
import { sentence } from '#shared/sentences/table.ts'
import { exportOptions, type ExportOptions, type ExportReport, type Feature, type Loss, type Summary } from '#shared/model/exchange.ts'
import type { AnnotationState } from '#shared/model/author.ts'
import { attributesOf } from '#shared/model/attribute.ts'
import { rleTopology } from '#shared/geometry/topology.ts'
import { trackOfAttributes } from '#shared/model/sequence.ts'
import type { ImageRecord } from '#shared/model/record.ts'
import { Findings } from './findings.ts'
import { countComments } from '../../db/exchange.ts'
import { mark, proveOwned, type Proof } from '../../files/owned.ts'
import { refuseReplacing, replace, replaceFolder } from '../../files/replace.ts'
import { diskFull, inWords, notWritable } from '../../files/words.ts'
import { refuseInside, keptOf } from '../projects/kept.ts'
import { countMedia, listLabels } from '../projects/media.ts'
import type { Project } from '../projects/project.ts'
import { readRecords } from '../projects/index.ts'
import type { Rle } from '#shared/model/shape.ts'
import { canExport, type Format, losses } from './format.ts'
import { formatRecord, formats, settingsOf } from './formats.ts'
import { JointBook } from './objects.ts'
import { meter, type RunOptions } from './progress.ts'
import { Incomplete } from './incomplete.ts'
import { hasHoles } from './shapes.ts'
import { type Item, type LabelFacts, type Target, withoutImagesFolder } from './target.ts'
import { labelOf, unlabelled } from './unlabelled.ts'
import { stemOf } from './tree.ts'

export interface ExportRun extends RunOptions {
  /** Called before anything is written. */
  onLosses?: (losses: Loss[]) => void
}

type Parsed = ReturnType<typeof parse>

/** Counts what the dataset holds, in one pass. */
export function summarise(project: Project, options: ExportOptions, run: RunOptions = {}): Summary {
  return count(project, parse(options), run).summary
}

/** Lists what an export with these options would lose. */
export function exportLosses(project: Project, options: ExportOptions, run: RunOptions = {}): Loss[] {
  const { parsed, format, settings } = asked(options)
  return losses(format, count(project, parsed, run).summary, settings)
}

/**
 * Writes a folder or an archive file under a temporary name, then renames it. An existing target is replaced only with
 * `overwrite`, and only if all of it is Dashi's export. @throws a user or data error naming the path, format or option
 */
export async function exportFrom(project: Project, given: string, options: ExportOptions & ExportRun): Promise<ExportReport> {
  const began = performance.now()
  const { onProgress, onLosses, signal, ...rest } = options
  const { parsed, format, settings } = asked(rest)
  const to = path.resolve(given)
  refuseInside(project, to)
  const kept = [...keptOf(project, to)]
  const proof = parsed.overwrite ? proveExport(format) : undefined
  if (!parsed.overwrite && isTaken(to)) throw userError(sentence('exchange.target-exists', { path: given }))
  await refuseReplacing(to, { kept, proof })
  const run = { ...(onProgress ? { onProgress } : {}), ...(signal ? { signal } : {}) }
  const findings = new Findings()
  let files = 1
  const fill = (summary: Summary, joints: JointBook) => async (folder: string) => {
    const labels = summary.counts['unlabelled regions']
      ? [...summary.labels, unlabelled].filter((l, i, all) => all.indexOf(l) === i)
      : summary.labels
    const target: Target = {
      folder,
      labels,
      schema: factsOf(project),
      summary,
      joints,
      options: parsed,
      images: parsed.images ?? format.images ?? 'none',
      findings,
      files: 0,
    }
    await format.write!(items(project, target, summary.images, run), target, settings)
    files = target.files
    mark(folder, 'export')
    signal?.throwIfAborted()
  }
  try {
    const { summary, joints } = count(project, parsed, run)
    const lost = losses(format, summary, settings)
    onLosses?.(lost)
    const { archive } = format
    if (archive) await replace(to, (file) => archive.pack(project, file, findings, run), { kept, proof })
    else await replaceFolder(to, fill(summary, joints), { kept, proof })
    return {
      format: parsed.format,
      path: to,
      images: summary.images,
      files,
      losses: lost,
      ...findings.report,
      seconds: (performance.now() - began) / 1000,
    }
  } catch (e) {
    if (signal?.aborted) throw cancelled()
    if (diskFull(e)) throw dataError(given, sentence('exchange.disk-full-unchanged'), e)
    if (notWritable(e, path.dirname(to))) throw dataError(given, sentence('exchange.not-writable-unchanged'), e)
    throw inWords(e)
  }
}

const proveExport =
  ({ archive }: Format): Proof =>
  (place, name) => {
    if (statSync(place).isDirectory()) return proveOwned('export', { as: 'owned.exported' })(place, name)
    const proof = (archive ?? formats.find((f) => f.archive)?.archive)?.proof
    if (!proof) throw userError(sentence('exchange.not-our-export', { path: name }))
    return proof(place, name)
  }

/** Whether anything other than an empty folder exists there. */
const isTaken = (place: string) => existsSync(place) && !(isFolder(place) && readdirSync(place).length === 0)

const isFolder = (p: string) => {
  try {
    return readdirSync(p) !== undefined
  } catch {
    return false
  }
}

/**
 * Parses the options and resolves the format and its settings.
 * @throws a user error that names what is wrong
 */
function asked(options: ExportOptions) {
  const parsed = parse(options)
  const format = formatRecord(parsed.format)
  if (!canExport(format)) throw userError(sentence('exchange.cannot-export', { format: format.id }))
  return { parsed, format, settings: settingsOf(format, 'export', parsed.settings) }
}

function parse(options: ExportOptions) {
  const parsed = exportOptions.safeParse(options)
  if (!parsed.success) throw userError(issueSentence(parsed.error))
  return parsed.data
}

function* items(project: Project, target: Target, of: number, { onProgress, signal }: RunOptions): Generator<Item> {
  const { options } = target
  const incomplete = new Incomplete(target)
  const report = meter(onProgress)
  const nameOf = namer(target)
  let done = 0
  for (const { record, file, problems } of readRecords(project, options.filter)) {
    signal?.throwIfAborted()
    for (const problem of problems) target.findings.leave({ file: record.fileName }, problem)
    const chosen = selected(record, options.states)
    incomplete.look(chosen)
    yield { record: { ...chosen, fileName: nameOf(record.fileName) }, file }
    report('writing', ++done, of)
  }
  incomplete.tell()
}

/** Images from several folders end up in one: those whose path is already used get a number. */
function namer({ images, findings }: Target): (fileName: string) => string {
  const taken = new Set<string>()
  // The target disk may ignore case or Unicode normalisation.
  const key = (name: string) => (images === 'copy' ? withoutImagesFolder(name).normalize('NFC').toLowerCase() : withoutImagesFolder(name))
  return (name) => {
    const stem = stemOf(name)
    let free = name
    for (let n = 2; taken.has(key(free)); n++) free = `${stem}-${n}${name.slice(stem.length)}`
    taken.add(key(free))
    if (free !== name) findings.change({ file: name }, sentence('finding.path-taken', { name: free }))
    return free
  }
}

/** Keeps only annotations in these states; captions keep pointing at their regions. */
export function selected(record: ImageRecord, states: readonly AnnotationState[]): ImageRecord {
  const wanted = (a: { state?: AnnotationState }) => states.includes(a.state ?? 'accepted')
  const regions = record.regions ?? []
  if (regions.every(wanted) && (record.labels ?? []).every(wanted) && (record.captions ?? []).every(wanted)) return record
  const index = new Map<number, number>()
  regions.forEach((r, i) => wanted(r) && index.set(i, index.size))
  return {
    ...record,
    regions: regions.filter(wanted),
    labels: (record.labels ?? []).filter(wanted),
    captions: (record.captions ?? [])
      .filter((c) => wanted(c) && (c.region == null || index.has(c.region)))
      .map((c) => ({
        ...c,
        region: c.region == null ? null : index.get(c.region)!,
        spans: (c.spans ?? []).map((s) => ({ ...s, regions: s.regions.flatMap((r) => index.get(r) ?? []) })),
      })),
  }
}

function factsOf(project: Project): Map<string, LabelFacts> {
  const labels = new Map(listLabels(project).map((l) => [l.id, l]))
  return new Map(
    [...labels.values()].map(({ id, name, colour, parentId, attributes, skeleton }) => [
      name,
      {
        colour,
        parent: parentId === null ? null : (labels.get(parentId)?.name ?? null),
        own: attributes,
        attributes: attributesOf(id, labels),
        skeleton: skeleton ?? null,
      },
    ]),
  )
}

/** An unreadable mask is reported later by the writer, which can name its image. */
function topologyOf(rle: Rle): { parts: number; holes: number } {
  try {
    return rleTopology(rle)
  } catch {
    return { parts: 0, holes: 0 }
  }
}

const shapeFeature = {
  box: 'boxes',
  'rotated-box': 'rotated boxes',
  polygon: 'polygons',
  mask: 'masks',
  polyline: 'polylines',
  keypoints: 'keypoints',
} as const

function count(project: Project, options: Parsed, { onProgress, signal }: RunOptions): { summary: Summary; joints: JointBook } {
  const joints = new JointBook()
  const labels = listLabels(project)
  // Declared first, so that points follow the skeleton's order.
  for (const { name, skeleton } of labels) if (skeleton) joints.declare(name, skeleton)
  const report = meter(onProgress)
  const counts: Partial<Record<Feature, number>> = {}
  const add = (feature: Feature, n: number | boolean | undefined) => {
    if (n) counts[feature] = (counts[feature] ?? 0) + Number(n)
  }
  const splits = new Set<string>()
  const of = countMedia(project, options.filter)
  let images = 0
  for (const { record: whole } of readRecords(project, options.filter)) {
    signal?.throwIfAborted()
    const record = selected(whole, options.states)
    report('counting', ++images, of)
    const { regions = [], labels: ofImage = [], captions = [], tags = [], split, review } = record
    add('proposals left out', (whole.regions?.length ?? 0) - regions.length + (whole.labels?.length ?? 0) - ofImage.length)
    for (const [i, r] of regions.entries()) {
      add(shapeFeature[r.shape.kind], 1)
      if (r.shape.kind === 'polygon') {
        add('holes', hasHoles(r.shape))
        add('parts', r.shape.parts.length > 1)
      } else if (r.shape.kind === 'mask') {
        const { parts, holes } = topologyOf(r.shape.rle)
        add('holes', holes > 0)
        add('parts', parts > 1)
      } else if (r.shape.kind === 'keypoints') joints.add(labelOf(r), r.shape)
      add('unlabelled regions', r.label === null)
      const tracked = trackOfAttributes(r.attributes ?? {})
      add('tracks', tracked !== null)
      add('attributes', Object.keys(r.attributes ?? {}).length > 0)
      add('drawing order', (r.z ?? i) !== i)
    }
    for (const c of captions) {
      add('captions', 1)
      add('region captions', c.region != null)
      add('grounded captions', (c.spans ?? []).length > 0)
      add('caption languages', c.language != null)
    }
    add('several captions an image', captions.filter((c) => c.region == null).length > 1)
    add('image labels', ofImage.length)
    add('several labels an image', ofImage.length > 1)
    add(
      'authors',
      [...regions, ...ofImage, ...captions].some((a) => a.author?.kind === 'checkpoint' || (a.author && a.author.name !== project.user)),
    )
    add('tags', tags.length)
    add('splits', split != null)
    if (split != null) splits.add(split)
    add('review states', review !== undefined && review !== 'unreviewed')
    add('images without annotations', regions.length + ofImage.length + captions.length === 0)
  }
  const comments = countComments(project.db)
  add('comments', comments)
  add('skeletons', labels.filter((l) => l.skeleton).length)
  add(
    'attribute definitions',
    labels.reduce((n, l) => n + l.attributes.length, 0),
  )
  add('parent labels', labels.filter((l) => l.parentId !== null).length)
  return { summary: { images, labels: labels.map((l) => l.name), splits: [...splits].sort(), counts }, joints }
}
