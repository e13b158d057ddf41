/** COCO instances, keypoints and captions, and LVIS: cocodataset.org/#format-data, cocodataset/cocoapi PythonAPI/pycocotools/coco.py. */
import path from 'node:path'
import { z } from 'zod'
import { properName } from '#shared/model/words.ts'
import type { Draft, Source } from '../draft.ts'
import { problemOf, type Said } from '../findings.ts'
import { becomes, defineFormat, usualExcept } from '../format.ts'
import { sentence } from '#shared/sentences/table.ts'
import { jsonItems } from '../json.ts'
import { skeletonFrom } from '../objects.ts'
import { Spool } from '../../../db/spool.ts'
import type { Peek } from '../peek.ts'
import { splitOfFile } from '../splits.ts'
import { findImage, join } from '../tree.ts'
import { type CocoAnnotation, type CocoCategory, type CocoImage, readAnnotation, readCategory, readImage } from './coco/json.ts'
import { edgesOf } from './coco/shapes.ts'
import { write } from './coco/write.ts'
import { type Document, type Content, take } from './coco/content.ts'

const isCoco = ({ name, has }: Peek) =>
  name.endsWith('.json') && has('images') && (has('file_name') || has('annotations')) && !has('segments_info')

function annotationFiles(source: Source): string[] {
  const { tree, file } = source
  if (file !== null) return [file]
  const inFolder = tree.isFolder('annotations') ? tree.names('annotations').map((n) => `annotations/${n}`) : tree.names('')
  const usual = inFolder.filter((n) => n.endsWith('.json'))
  const some = usual.filter((f) => isCoco(tree.peek(f)))
  const files = some.length ? some : deepFiles(source)
  // Annotations with keypoints are repeated in `instances` without them, so the keypoints file is read first.
  const rank = (name: string) => (/keypoints/.test(name) ? 0 : /caption/.test(name) ? 2 : 1)
  return (files.length ? files : usual).sort((a, b) => rank(a) - rank(b))
}

/** Annotation files at the shallowest depth: one folder per split or per dataset. Deeper files may belong to another dataset. */
function deepFiles({ tree, findings }: Source): string[] {
  const found = [...tree.files('', findings)].filter((name) => name.endsWith('.json') && isCoco(tree.peek(name)))
  const depth = (name: string) => name.replace('/annotations/', '/').split('/').length
  const least = Math.min(...found.map(depth))
  for (const file of found.filter((f) => depth(f) > least)) findings.leave({ file }, sentence('finding.too-deep'))
  return found.filter((f) => depth(f) === least)
}

/** Files of the same split (instances_val.json, captions_val.json) describe the same images and are read together. */
function* read(source: Source): Generator<Draft> {
  const groups = new Map<string, string[]>()
  for (const file of annotationFiles(source)) {
    const base = path.posix.basename(file)
    const key = base.startsWith('_annotations') || !base.includes('_') ? file : join(file, '..', base.split('_').at(-1)!)
    groups.set(key, [...(groups.get(key) ?? []), file])
  }
  const results =
    source.file === null ? [...source.tree.files('')].filter((f) => f.endsWith('.json') && isResults(source.tree.peek(f))) : []
  for (const files of groups.values()) yield* readFiles(source, files, results)
}

/** A model's results: a list of scored annotations whose images and categories are defined in another file. */
const isResults = ({ outline }: Peek) => outline.root === 'array' && outline.keys.has('image_id') && outline.keys.has('score')

function* readFiles(source: Source, files: string[], results: readonly string[]): Generator<Draft> {
  const { findings } = source
  const spool = new Spool()
  try {
    const documents = files.map((file, n) => readFile(source, file, n, spool))
    for (const file of results) readResults(source, file, spool)
    const twice = new Set<string>()
    for (const [n, file] of files.entries()) {
      for (const { id, line } of spool.duplicates(`image ${n}`)) {
        twice.add(JSON.stringify([n, id]))
        findings.leave({ file, line }, sentence('finding.image-twice', { id }))
      }
      for (const { id, line } of spool.duplicates(`annotation ${n}`))
        findings.change({ file, line }, sentence('finding.annotation-twice', { id }))
      for (const { key: id, line } of spool.orphans(`annotation ${n}`, `image ${n}`))
        if (spool.of('name', id).length === 0) findings.leave({ file, line }, sentence('finding.annotation-orphan', { id }))
    }
    const foreign = [...spool.orphans(proposals, 'image 0')].length
    if (foreign) findings.note(sentence('finding.foreign-results', { results: results.join(', '), n: foreign, file: files[0]! }))
    yield* drafts(source, documents, spool, twice)
  } finally {
    spool.close()
  }
}

type Entry = CocoImage & { /** Index of the file within its group. */ n: number }

/** Our own files state their split, because a split may have any name. */
const ours = z.object({ description: z.literal('exported by Dashi'), split: z.string().nullable() })
/** LVIS fields that have no counterpart here. */
const unkept = { images: ['neg_category_ids', 'not_exhaustive_category_ids'], categories: ['def', 'frequency'], annotations: [] } as const

/** Spools images by name, and images and annotations by image id. */
function readFile(source: Source, file: string, n: number, spool: Spool): Document {
  const { tree, findings } = source
  const document: Document = { file, split: splitOfFile(file), categories: new Map(), unknown: new Map() }
  const { categories } = document
  const lost = new Map<string, number>()
  let spelled = false
  for (const { key: list, value, line, problem } of jsonItems(tree.absolute(file), {
    elements: ['images', 'annotations', 'categories'],
    values: ['info'],
  })) {
    const at = { file, line }
    if (list === 'info') {
      const own = ours.safeParse(value)
      if (own.success) document.split = own.data.split
      continue
    }
    const repaired = (reason: Said) => findings.change(at, reason)
    const parsed =
      list === 'images'
        ? readImage(value, repaired)
        : list === 'annotations'
          ? readAnnotation(value, repaired)
          : readCategory(value, repaired)
    if (problem || !parsed.success) {
      findings.leave(at, problem ?? sentence('in-field', { field: list, problem: problemOf(parsed.error!) }))
      continue
    }
    const raw = value as Record<string, unknown>
    for (const name of unkept[list as keyof typeof unkept])
      if (Array.isArray(raw[name]) ? raw[name].length : raw[name] !== undefined) lost.set(name, (lost.get(name) ?? 0) + 1)
    spelled ||= [raw['id'], raw['image_id'], raw['category_id']].some((id) => typeof id === 'string' && /^\s*\d+\s*$/.test(id))
    if (list === 'images') {
      const image = parsed.data as CocoImage
      spool.put('name', image.file_name, { ...image, n } satisfies Entry, line)
      spool.put(`image ${n}`, image.id, image.file_name, line, image.id)
    } else if (list === 'annotations') {
      const a = parsed.data as CocoAnnotation
      spool.put(`annotation ${n}`, a.image_id, a, line, a.id ?? null)
    } else {
      const c = parsed.data as CocoCategory
      if (categories.has(c.id)) findings.change(at, sentence('finding.category-twice', { id: c.id }))
      else categories.set(c.id, c)
    }
  }
  if (spelled) findings.change({ file }, sentence('finding.ids-as-text'))
  for (const [name, count] of lost) findings.note(sentence('finding.unsupported-field', { file, name, n: count }))
  source.declareLabels(
    [...categories.values()].map((c) => ({
      name: c.name,
      ...(c.dashi?.parent ? { parent: c.dashi.parent } : {}),
      ...(c.dashi?.attributes?.length ? { attributes: c.dashi.attributes } : {}),
      skeleton: skeletonFrom(c.keypoints ?? [], edgesOf(c.skeleton ?? [], c.keypoints?.length ?? 0), c.dashi?.layout),
      synonyms: [...(c.synset ? [c.synset] : []), ...(c.synonyms ?? [])].filter((s) => s && s !== c.name),
    })),
  )
  return document
}

const proposals = 'result'

/** Results become proposals of a checkpoint named after the file. */
function readResults({ tree, findings }: Source, file: string, spool: Spool): void {
  const checkpoint = path.posix.basename(file, '.json')
  for (const { value, line, problem } of jsonItems(tree.absolute(file), { elements: [''] })) {
    const parsed = readAnnotation(value, (reason) => findings.change({ file, line }, reason))
    if (problem || !parsed.success) {
      findings.leave({ file, line }, problem ?? problemOf(parsed.error!))
      continue
    }
    const { score, ...attributes } = parsed.data.attributes ?? {}
    const sure = typeof score === 'number' && score >= 0 && score <= 1
    const a: CocoAnnotation = {
      ...parsed.data,
      attributes: sure ? attributes : (parsed.data.attributes ?? {}),
      dashi: { author: { kind: 'checkpoint', checkpoint, score: sure ? score : 1 } },
    }
    spool.put(proposals, a.image_id, { a, file }, line)
  }
}

function* drafts({ images, findings }: Source, documents: Document[], spool: Spool, twice: ReadonlySet<string>): Generator<Draft> {
  const { file: first, split } = documents[0]!
  const folder = path.posix.dirname(first) === '.' ? '' : path.posix.dirname(first)
  const name = path.posix.basename(first, '.json').split('_').at(-1)!
  const above = join(folder, '..').startsWith('..') ? folder : join(folder, '..')
  const bases = [
    ...new Set(
      [folder, above].flatMap((f) =>
        ['', `images/${name}`, name, 'images', ...(split ? [split, `images/${split}`] : []), 'data'].map((d) => join(f, d)),
      ),
    ),
  ]
  for (const file_name of spool.keys('name')) {
    // If an image id is repeated, only the first image with it counts.
    const isFirst = ({ n, id }: Entry) => !twice.has(JSON.stringify([n, id])) || spool.of(`image ${n}`, id)[0]!.value === file_name
    const rows = spool.of('name', file_name).filter(({ value }) => isFirst(value as Entry))
    if (rows.length === 0) continue
    const found = findImage(images, file_name, bases)
    const { width, height, n } = rows[0]!.value as Entry
    const where = { file: documents[n]!.file, line: rows[0]!.line }
    if (!found) {
      findings.leave(where, sentence('finding.image-outside', { name: JSON.stringify(file_name) }))
      continue
    }
    // Try the folder that held this image first for the next one.
    const base = bases.findIndex((b) => join(b, file_name) === found.path)
    if (base > 0) bases.unshift(...bases.splice(base, 1))
    const draft: Content = { regions: [], labels: [], captions: [] }
    const taken = new Set<string>() // the same annotation may be in several files, one of them with keypoints
    for (const id of new Set(rows.map(({ value }) => JSON.stringify([(value as Entry).n, (value as Entry).id])))) {
      const [n, imageId] = JSON.parse(id) as [number, string]
      const before = new Set(taken)
      // Some writers put the image's name in `image_id`.
      for (const row of [
        ...spool.of(`annotation ${n}`, imageId),
        ...(imageId === file_name ? [] : spool.of(`annotation ${n}`, file_name)),
      ]) {
        const a = row.value as CocoAnnotation
        const key = JSON.stringify([a.id, a.bbox, a.caption])
        taken.add(key)
        if (a.id == null || !before.has(key)) take(draft, a, documents[n]!, { width, height }, row.line, findings)
      }
    }
    for (const { value, line } of n === 0 ? spool.of(proposals, (rows[0]!.value as Entry).id) : []) {
      const { a, file } = value as { a: CocoAnnotation; file: string }
      take(draft, a, { ...documents[0]!, file }, { width, height }, line, findings)
    }
    yield { image: found, where, size: { width: width ?? undefined, height: height ?? undefined }, split, ...draft }
  }
}

export default defineFormat({
  id: 'coco',
  order: 220,
  title: properName('COCO'),
  about: {
    en: 'Instances, keypoints, captions and results; LVIS as well',
    ja: 'インスタンス・キーポイント・キャプション・推論結果。LVIS も',
  },
  extensions: ['.json'],
  reference: 'https://cocodataset.org/#format-data',
  recognises: isCoco,
  apart: ['annotations', 'labels'],
  read,
  write,
  images: 'none',
  losses: {
    ...usualExcept('captions', 'region captions', 'caption languages', 'authors', 'attribute definitions', 'parent labels', 'skeletons'),
    'rotated boxes': {
      en: 'become polygons of four points, with the angle in the attribute “rotation”',
      ja: '四点の多角形になり、角度は属性「rotation」に残ります',
    },
    holes: {
      en: 'are kept: polygons with holes become masks (RLE), exact to the pixel',
      ja: '保たれます。穴を持つ多角形はピクセル単位で正確なマスク（RLE）になります',
    },
    polylines: becomes.leftOut,
    'unlabelled regions': becomes.unlabelledClass,
  },
})
