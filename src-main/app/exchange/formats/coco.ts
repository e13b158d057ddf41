/** COCO instances, keypoints and captions: cocodataset.org/#format-data, cocodataset/cocoapi PythonAPI/pycocotools/coco.py. */
import { appendFileSync, createReadStream, createWriteStream, rmSync } from 'node:fs'
import { pipeline } from 'node:stream/promises'
import path from 'node:path'
import { z } from 'zod'
import { shapeArea } from '#shared/geometry/shape.ts'
import { checkRuns, encodeRle } from '#shared/geometry/rle.ts'
import type { RecordRegion } from '#shared/model/record.ts'
import type { Keypoint, Shape } from '#shared/model/shape.ts'
import { attributes } from '#shared/model/region.ts'
import type { Draft, DraftRegion, Source } from '../draft.ts'
import { message } from '../findings.ts'
import { type Format, usualLosses } from '../format.ts'
import { jsonItems } from '../json.ts'
import { boxOf, boxOfShape, groupAttribute, hasHoles, maskOf, outlines, toRing } from '../shapes.ts'
import { Spool } from '../spool.ts'
import { copyImage, type Item, labelOf, openText, safeName, splitOf, type Target, TextFile, withoutImagesFolder } from '../target.ts'
import { type Peek, peekAt } from '../peek.ts'
import { usualSplit } from '../splits.ts'
import { findImage, join } from '../tree.ts'

const key = z.union([z.number(), z.string()]).transform(String)
const coordinate = z.number().nullable().transform((n) => n ?? NaN) // null: Python's NaN
const image = z.object({ id: key, file_name: z.string().refine((n) => !n.includes('\0'), 'a name with a NUL'), width: z.number().nullish(), height: z.number().nullish() })
const category = z.object({ id: key, name: z.union([z.string(), z.number()]).transform(String), keypoints: z.array(z.string()).nullish(), skeleton: z.array(z.tuple([z.number(), z.number()])).nullish() })
const annotation = z.object({
  id: key.nullish(),
  image_id: key,
  category_id: key.nullish(),
  bbox: z.array(coordinate).nullish(),
  segmentation: z
    .union([
      z.array(z.array(coordinate)),
      z.array(z.array(z.array(coordinate)).transform((points) => points.flat())), // pairs of x and y
      z.array(coordinate),
      z.object({ size: z.tuple([z.number(), z.number()]), counts: z.union([z.string(), z.array(z.number())]) }),
    ])
    .nullish(),
  keypoints: z.array(coordinate).nullish(),
  iscrowd: z.union([z.number(), z.boolean()]).nullish(),
  caption: z.string().nullish(),
  attributes: z.record(z.string(), z.unknown()).nullish(),
  score: z.number().nullish(),
})
type Annotation = z.output<typeof annotation>
type Category = z.output<typeof category>

const isCoco = ({ name, has }: Peek) => name.endsWith('.json') && has('images') && (has('file_name') || has('annotations'))

function annotationFiles(source: Source): string[] {
  const { tree, file } = source
  if (file !== null) return [file]
  const inFolder = tree.isFolder('annotations') ? tree.names('annotations').map((n) => `annotations/${n}`) : tree.names('')
  const usual = inFolder.filter((n) => n.endsWith('.json'))
  const files = usual.some((f) => isCoco(peekAt(tree.absolute(f)))) ? usual : deepFiles(source)
  // An annotation with keypoints is in `instances` as well, without them: the fuller one first.
  const rank = (name: string) => (/keypoints/.test(name) ? 0 : /caption/.test(name) ? 2 : 1)
  return (files.length ? files : usual).sort((a, b) => rank(a) - rank(b))
}

/** A folder for each split, or for each of several datasets: those that lie least deep; what is below may be of another dataset. */
function deepFiles({ tree, findings }: Source): string[] {
  const found = [...tree.files('', findings)].filter((name) => name.endsWith('.json') && isCoco(peekAt(tree.absolute(name))))
  const depth = (name: string) => name.replace('/annotations/', '/').split('/').length
  const least = Math.min(...found.map(depth))
  for (const file of found.filter((f) => depth(f) > least)) findings.leave({ file }, 'lies deeper than the annotations that were taken; import its folder by itself')
  return found.filter((f) => depth(f) === least)
}

/** train of `instances_train2017.json` and of `train/_annotations.coco.json`; null where the name tells none. */
export function splitFromName(file: string): string | null {
  const steps = file.split('/')
  const name = steps.at(-1)!.replace(/\.json$/, '')
  const last = name.startsWith('_annotations') ? (steps.at(-2) ?? '') : (name.split('_').at(-1) ?? '')
  const split = last.replace(/20\d\d$/, '').toLowerCase()
  // Its name, or the folders that it is in.
  const known = [split, ...steps.slice(0, -1).reverse()].map(usualSplit).find((s) => s !== undefined)
  if (known) return known
  return name.includes('_') && !['default', 'all', 'annotations', 'coco', 'instances', 'captions', 'keypoints'].includes(split) && split ? last : null
}

/** Files of the same split (instances_val.json, captions_val.json) speak of the same images and are read as one. */
function* read(source: Source): Generator<Draft> {
  const groups = new Map<string, string[]>()
  for (const file of annotationFiles(source)) {
    const base = path.posix.basename(file)
    const key = base.startsWith('_annotations') || !base.includes('_') ? file : join(file, '..', base.split('_').at(-1)!)
    groups.set(key, [...(groups.get(key) ?? []), file])
  }
  for (const files of groups.values()) yield* readFiles(source, files)
}

interface Entry extends z.output<typeof image> {
  /** Which file of the group. */
  n: number
}

function* readFiles(source: Source, files: string[]): Generator<Draft> {
  const { findings } = source
  const spool = new Spool()
  try {
    const categories = files.map((file, n) => readFile(source, file, n, spool))
    const twice = new Set<string>()
    for (const [n, file] of files.entries()) {
      for (const { id, line } of spool.duplicates(`image ${n}`)) {
        twice.add(JSON.stringify([n, id]))
        findings.leave({ file, line }, `image id ${id} occurs more than once; the first image was taken`)
      }
      for (const { id, line } of spool.duplicates(`annotation ${n}`)) findings.change({ file, line }, `annotation id ${id} occurs more than once; all were taken`)
      for (const { key: id, line } of spool.orphans(`annotation ${n}`, `image ${n}`)) findings.leave({ file, line }, `annotation of image ${id}, which the file does not have`)
    }
    yield* drafts(source, files, spool, categories, twice)
  } finally {
    spool.close()
  }
}

/** Into the spool: images by their name, and both kinds by the image's id. @returns the categories */
function readFile(source: Source, file: string, n: number, spool: Spool): Map<string, Category> {
  const { tree, findings } = source
  const categories = new Map<string, Category>()
  for (const { key: list, value, line, problem } of jsonItems(tree.absolute(file), { elements: ['images', 'annotations', 'categories'] })) {
    const at = { file, line }
    const schema = list === 'images' ? image : list === 'annotations' ? annotation : category
    const parsed = schema.safeParse(value)
    if (problem || !parsed.success) {
      findings.leave(at, problem ?? `${list}: ${parsed.error!.issues[0]!.path.join('.')}: ${parsed.error!.issues[0]!.message}`)
      continue
    }
    if (list === 'images') {
      const i = parsed.data as z.output<typeof image>
      spool.put('name', i.file_name, { ...i, n } satisfies Entry, line)
      spool.put(`image ${n}`, i.id, i.file_name, line, i.id)
    } else if (list === 'annotations') {
      const a = parsed.data as Annotation
      spool.put(`annotation ${n}`, a.image_id, a, line, a.id ?? null)
    } else {
      const c = parsed.data as Category
      if (categories.has(c.id)) findings.change(at, `category ${c.id} is defined twice; the first was taken`)
      else categories.set(c.id, c)
    }
  }
  source.declareLabels([...categories.values()].map((c) => c.name))
  return categories
}

function* drafts({ images, findings }: Source, files: string[], spool: Spool, categories: Map<string, Category>[], twice: ReadonlySet<string>): Generator<Draft> {
  const first = files[0]!
  const split = splitFromName(first)
  const folder = path.posix.dirname(first) === '.' ? '' : path.posix.dirname(first)
  const name = path.posix.basename(first, '.json').split('_').at(-1)!
  const above = join(folder, '..').startsWith('..') ? folder : join(folder, '..')
  const bases = [...new Set([folder, above].flatMap((f) => ['', `images/${name}`, name, 'images', ...(split ? [split, `images/${split}`] : []), 'data'].map((d) => join(f, d))))]
  const unknown = new Map<string, string>()
  for (const file_name of spool.keys('name')) {
    // Of an id that occurs twice only the first image counts.
    const isFirst = ({ n, id }: Entry) => !twice.has(JSON.stringify([n, id])) || spool.of(`image ${n}`, id)[0]!.value === file_name
    const rows = spool.of('name', file_name).filter(({ value }) => isFirst(value as Entry))
    if (rows.length === 0) continue
    const found = findImage(images, file_name, bases)
    const { width, height, n } = rows[0]!.value as Entry
    const where = { file: files[n]!, line: rows[0]!.line }
    if (!found) {
      findings.leave(where, `image ${JSON.stringify(file_name)}: a path outside the folder, and no image of that name in it`)
      continue
    }
    // The folder where one image was is where the next will be.
    const base = bases.findIndex((b) => join(b, file_name) === found.path)
    if (base > 0) bases.unshift(...bases.splice(base, 1))
    const draft: Content = { regions: [], labels: [], captions: [] }
    const taken = new Set<string>() // an annotation may be in several files, with keypoints in one of them
    for (const id of new Set(rows.map(({ value }) => JSON.stringify([(value as Entry).n, (value as Entry).id])))) {
      const [n, imageId] = JSON.parse(id) as [number, string]
      const before = new Set(taken)
      for (const row of spool.of(`annotation ${n}`, imageId)) {
        const a = row.value as Annotation
        const key = JSON.stringify([a.id, a.bbox, a.caption])
        taken.add(key)
        if (a.id == null || !before.has(key)) take(draft, a, categories[n]!, unknown, { file: files[n]!, line: row.line }, findings)
      }
    }
    yield { image: found, where, size: { width: width ?? undefined, height: height ?? undefined }, split, ...draft }
  }
}

type Content = Required<Pick<Draft, 'labels' | 'captions'>> & { regions: DraftRegion[] }

function take(draft: Content, a: Annotation, categories: Map<string, Category>, unknown: Map<string, string>, at: { file: string; line: number }, findings: Source['findings']): void {
  if (a.caption != null) {
    draft.captions.push({ text: a.caption })
    if (a.category_id == null) return
  }
  const category = a.category_id == null ? null : (categories.get(a.category_id) ?? null)
  if (a.category_id != null && !category && !unknown.has(a.category_id)) {
    unknown.set(a.category_id, `category ${a.category_id}`)
    findings.change(at, `category ${a.category_id} is not defined; named “category ${a.category_id}”`)
  }
  const label = category?.name ?? (a.category_id == null ? null : unknown.get(a.category_id)!)
  try {
    const shapes = shapesOf(a, category, (reason) => findings.change(at, reason))
    if (shapes.length === 0 && label !== null && a.caption == null) draft.labels.push({ label })
    const extra = attributesOf(a)
    // An outline and its keypoints are two regions of one object.
    if (shapes.length > 1) extra[groupAttribute] ??= Number(a.id) || at.line
    for (const shape of shapes) draft.regions.push({ label, shape, line: at.line, ...(Object.keys(extra).length ? { attributes: extra } : {}) })
  } catch (e) {
    findings.leave(at, `annotation ${a.id ?? ''}: ${message(e)}`)
  }
}

function shapesOf(a: Annotation, category: Category | null, repaired: (reason: string) => void): Shape[] {
  const shapes: Shape[] = []
  const outline = outlineOf(a, repaired)
  if (outline) shapes.push(outline)
  const k = a.keypoints
  if (k && k.length >= 3 && k.some((v, i) => i % 3 === 2 && v > 0)) {
    const names = category?.keypoints ?? []
    const points: Keypoint[] = []
    for (let i = 0; i + 2 < k.length; i += 3) {
      const name = names[i / 3]
      const v = k[i + 2] === 2 ? 2 : k[i + 2] === 1 ? 1 : 0
      points.push({ ...(name ? { name } : {}), x: v ? k[i]! : 0, y: v ? k[i + 1]! : 0, v })
    }
    // COCO counts joints from 1.
    const edges = (category?.skeleton ?? []).map(([p, q]): [number, number] => [p - 1, q - 1]).filter(([p, q]) => p >= 0 && q >= 0 && p < points.length && q < points.length)
    shapes.push({ kind: 'keypoints', points, ...(edges.length ? { edges } : {}) })
  }
  return shapes
}

function outlineOf(a: Annotation, repaired: (reason: string) => void): Shape | null {
  const s = a.segmentation
  if (s && !Array.isArray(s)) {
    const [height, width] = s.size
    if (!(Number.isInteger(height) && Number.isInteger(width) && height > 0 && width > 0 && height * width < 2 ** 40)) throw new Error(`RLE size ${s.size.join(' × ')}`)
    const rle = typeof s.counts === 'string' ? { size: [height, width] as [number, number], counts: s.counts } : encodeRle(checkRuns({ height, width, counts: s.counts }))
    return { kind: 'mask', rle }
  }
  if (s && s.length > 0) {
    const lists = (typeof s[0] === 'number' ? [s] : s) as number[][]
    const rings = lists.map((points) => toRing(points))
    const good = rings.filter((r) => r !== null)
    if (good.length) {
      if (good.length < rings.length) repaired(`annotation ${a.id ?? ''}: ${rings.length - good.length} of ${rings.length} polygons have fewer than three points; left out`)
      return { kind: 'polygon', parts: good.map((r) => [r]) }
    }
    if (a.bbox) repaired(`annotation ${a.id ?? ''}: its polygon has fewer than three points; its box was taken`)
    else throw new Error('its polygon has fewer than three points')
  }
  if (!a.bbox || a.bbox.length === 0) return null
  if (a.bbox.length !== 4) throw new Error(`bbox: ${a.bbox.length} numbers, expected 4`)
  const [x, y, w, h] = a.bbox as [number, number, number, number]
  // Of keypoints alone, an empty box says nothing.
  return a.keypoints && !(w > 0 && h > 0) ? null : boxOf(x, y, w, h)
}

function attributesOf(a: Annotation): Record<string, string | number | boolean> {
  const out: Record<string, string | number | boolean> = {}
  for (const [name, value] of Object.entries(a.attributes ?? {})) if (attributes.safeParse({ [name]: value }).success) out[name] = value as string
  if (a.iscrowd) out['iscrowd'] = true
  if (a.score != null) out['score'] = a.score
  return out
}

/** The documents of one split. */
class Documents {
  private readonly images: TextFile
  private readonly annotations: TextFile
  private captions: { file: TextFile; parts: TextFile } | null = null
  private counts = { images: 0, annotations: 0, captions: 0 }

  constructor(
    private readonly target: Target,
    private readonly split: string,
  ) {
    this.images = openText(target, `annotations/instances_${safeName(split)}.json`)
    this.images.write('{\n"info": {"description": "exported by Dashi", "version": "1.0"},\n"licenses": [],\n"images": [')
    this.annotations = new TextFile(`${this.images.file}.part`)
  }

  image(entry: object): void {
    this.images.write(`${this.counts.images++ ? ',' : ''}\n${JSON.stringify(entry)}`)
  }

  annotation(entry: object): void {
    this.annotations.write(`${this.counts.annotations++ ? ',' : ''}\n${JSON.stringify(entry)}`)
  }

  caption(entry: object): void {
    if (!this.captions) {
      const file = openText(this.target, `annotations/captions_${safeName(this.split)}.json`)
      this.captions = { file, parts: new TextFile(`${file.file}.part`) }
    }
    this.captions.parts.write(`${this.counts.captions++ ? ',' : ''}\n${JSON.stringify(entry)}`)
  }

  /** Lists that were written beside each other become one document. */
  async close(categories: object[]): Promise<void> {
    this.images.close()
    this.annotations.close()
    if (this.captions) {
      // A captions file has the same images and no categories.
      const { file, parts } = this.captions
      file.close()
      parts.close()
      await append(this.images.file, file.file, 'w')
      appendFileSync(file.file, '\n],\n"annotations": [')
      await append(parts.file, file.file, 'a')
      appendFileSync(file.file, '\n]\n}\n')
      rmSync(parts.file)
    }
    appendFileSync(this.images.file, '\n],\n"annotations": [')
    await append(this.annotations.file, this.images.file, 'a')
    appendFileSync(this.images.file, `\n],\n"categories": ${JSON.stringify(categories)}\n}\n`)
    rmSync(this.annotations.file)
  }
}

const append = (from: string, to: string, flags: 'a' | 'w') => pipeline(createReadStream(from), createWriteStream(to, { flags }))

async function write(items: Iterable<Item>, target: Target): Promise<void> {
  const documents = new Map<string, Documents>()
  const of = (split: string) => {
    let d = documents.get(split)
    if (!d) documents.set(split, (d = new Documents(target, split)))
    return d
  }
  const ids = new Map(target.labels.map((name, i) => [name, i + 1]))
  const joints = new Map<string, { names: string[]; skeleton: [number, number][] }>()
  let imageId = 0
  let annotationId = 0
  for (const item of items) {
    const { record } = item
    const d = of(splitOf(record) ?? 'default')
    const file_name = withoutImagesFolder(record.fileName)
    d.image({ id: ++imageId, file_name, width: record.width ?? 0, height: record.height ?? 0, license: 0, flickr_url: '', coco_url: '', date_captured: '' })
    copyImage(target, item, `images/${file_name}`)
    for (const { outline, points, label } of objects(record.regions ?? [])) {
      const category_id = ids.get(label)
      if (category_id === undefined) continue
      const entry = entryOf(item, outline ?? points!)
      if (!entry) {
        target.findings.leave({ file: record.fileName }, `${(outline ?? points!).shape.kind} of ${label}: COCO has no such shape, or the image's size is not known`)
        continue
      }
      const said = ['iscrowd', ...(points && outline ? [groupAttribute] : [])]
      const kept = Object.fromEntries(Object.entries((outline ?? points!).attributes ?? {}).filter(([name]) => !said.includes(name)))
      d.annotation({
        id: ++annotationId, image_id: imageId, category_id, ...entry, ...(points ? jointsOf(points.shape, label, joints, item, target) : {}),
        ...(Object.keys(kept).length ? { attributes: kept } : {}),
      })
    }
    for (const c of record.captions ?? []) if (c.region == null) d.caption({ id: ++annotationId, image_id: imageId, caption: c.text })
  }
  if (documents.size === 0) of('default')
  const categories = target.labels.map((name, i) => {
    const k = joints.get(name)
    return { id: i + 1, name, supercategory: '', ...(k ? { keypoints: k.names, skeleton: k.skeleton } : {}) }
  })
  for (const d of documents.values()) await d.close(categories)
}

/** Regions as objects: keypoints join the outline of the same label and group. */
function* objects(regions: readonly RecordRegion[]): Generator<{ outline?: RecordRegion; points?: RecordRegion; label: string }> {
  const keyOf = (r: RecordRegion) => (r.attributes?.[groupAttribute] === undefined ? null : JSON.stringify([r.label, r.attributes[groupAttribute]]))
  const points = new Map<string, RecordRegion>()
  for (const r of regions) if (r.shape.kind === 'keypoints' && keyOf(r)) points.set(keyOf(r)!, r)
  const used = new Set<RecordRegion>()
  for (const r of regions) {
    if (r.shape.kind === 'keypoints') continue
    const p = points.get(keyOf(r) ?? '')
    if (p && !used.has(p)) {
      used.add(p)
      yield { outline: r, points: p, label: labelOf(r) }
    } else yield { outline: r, label: labelOf(r) }
  }
  for (const r of regions) if (r.shape.kind === 'keypoints' && !used.has(r)) yield { points: r, label: labelOf(r) }
}

function entryOf({ record }: Item, region: RecordRegion): object | null {
  const { shape } = region
  const { x, y, w, h } = boxOfShape(shape)
  const bbox = [x, y, w, h]
  const iscrowd = region.attributes?.['iscrowd'] ? 1 : 0
  if (shape.kind === 'box') return { bbox, area: w * h, segmentation: [], iscrowd }
  if (shape.kind === 'keypoints') return { bbox, area: w * h, segmentation: [], iscrowd }
  if (shape.kind === 'mask' || hasHoles(shape)) {
    if (shape.kind !== 'mask' && !(record.width && record.height)) return null
    const segmentation = maskOf(shape, { width: record.width ?? 0, height: record.height ?? 0 })!
    return { bbox, area: shapeArea({ kind: 'mask', rle: segmentation }), segmentation, iscrowd }
  }
  const segmentation = outlines(shape)
  return segmentation && { bbox, area: shapeArea(shape), segmentation, iscrowd }
}

/** The first keypoints of a label name its joints; later ones are put in that order. */
function jointsOf(shape: Shape, label: string, joints: Map<string, { names: string[]; skeleton: [number, number][] }>, item: Item, target: Target): object {
  if (shape.kind !== 'keypoints') return {}
  const names = shape.points.map((p, i) => p.name ?? `point ${i + 1}`)
  const known = joints.get(label)
  if (!known) joints.set(label, { names, skeleton: (shape.edges ?? []).map(([p, q]): [number, number] => [p + 1, q + 1]) })
  const order = known?.names ?? names
  const others = names.filter((n) => !order.includes(n))
  if (others.length) target.findings.leave({ file: item.record.fileName }, `keypoints ${others.join(', ')}: other ${label} have none of that name`)
  const keypoints = order.flatMap((n) => {
    const p = shape.points[names.indexOf(n)]
    return p && p.v > 0 ? [p.x, p.y, p.v] : [0, 0, 0]
  })
  return { keypoints, num_keypoints: shape.points.filter((p) => p.v > 0).length }
}

const { captions: _, ...without } = usualLosses
export const coco: Format = {
  name: 'coco',
  title: 'COCO JSON',
  recognises: isCoco,
  read,
  write,
  images: 'none',
  losses: {
    ...without,
    'rotated boxes': 'become polygons of four points',
    holes: 'are kept: the polygons that have them become masks (RLE), exact to the pixel',
    polylines: 'are left out',
    'unlabelled regions': 'get the class “unlabelled”',
  },
}
