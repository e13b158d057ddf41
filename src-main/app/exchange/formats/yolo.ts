/** YOLO detection, segmentation and pose: docs.ultralytics.com/datasets; older darknet folders with obj.names as well. */
import { parse as parseYaml, stringify } from 'yaml'
import { z } from 'zod'
import type { Shape } from '#shared/model/shape.ts'
import type { Draft, DraftRegion, Size, Source } from '../draft.ts'
import { message } from '../findings.ts'
import { type Format, usualLosses } from '../format.ts'
import { boxOf, boxOfShape, fixed, groupAttribute, outlines, snap, toRing } from '../shapes.ts'
import { copyImage, freeName, type Item, labelOf, needSize, safeName, splitOf, type Target, withoutImagesFolder, writeFile } from '../target.ts'
import { isImage, join, stemOf } from '../tree.ts'

const folders = z.union([z.string(), z.array(z.string())]).nullish()
const dataYaml = z.looseObject({
  path: z.string().nullish(),
  train: folders,
  val: folders,
  test: folders,
  names: z.union([z.array(z.union([z.string(), z.number()])), z.record(z.string(), z.union([z.string(), z.number()]))]).nullish(),
  kpt_shape: z.tuple([z.number().int().positive(), z.union([z.literal(2), z.literal(3)])]).nullish(),
})

interface Layout {
  names: Map<number, string>
  keypoints: [number, number] | null
  /** Folders of images (or .txt lists of them) with the split that they are. */
  places: { at: string; split: string | null }[]
}

function layout(source: Source): Layout {
  const { tree, file, findings } = source
  const yaml = file ?? ['data.yaml', 'dataset.yaml', 'data.yml'].find((f) => tree.isFile(f)) ?? tree.names('').find((f) => /\.ya?ml$/.test(f))
  const result: Layout = { names: new Map(), keypoints: null, places: [] }
  if (yaml && /\.ya?ml$/.test(yaml)) {
    let parsed: z.output<typeof dataYaml>
    try {
      parsed = dataYaml.parse(parseYaml(tree.text(yaml, 1 << 24), { maxAliasCount: 100 }) ?? {})
    } catch (e) {
      findings.leave({ file: yaml }, `not a dataset description: ${message(e)}`)
      parsed = {}
    }
    for (const [i, name] of Object.entries(parsed.names ?? {})) result.names.set(Number(i), String(name))
    result.keypoints = parsed.kpt_shape ?? null
    for (const split of ['train', 'val', 'test'] as const)
      for (const given of [parsed[split] ?? []].flat()) {
        const at = given.replaceAll('\\', '/').replace(/\/+$/, '')
        const place = [at, join(parsed.path ?? '', at), at.replace(/^(?:\.\.\/)+/, ''), at.split('/').slice(-2).join('/')].map((p) => p.replace(/^\.\//, ''))
          .find((p) => !p.startsWith('/') && !p.startsWith('..') && (tree.isFolder(p) || tree.isFile(p)))
        if (place === undefined) findings.leave({ file: yaml }, `${split}: ${given} is not there`)
        // Our own export gives images without a split as both train and val.
        else if (!result.places.some((p) => p.at === place)) result.places.push({ at: place, split: place === 'images/all' ? null : split })
      }
  }
  if (result.names.size === 0) {
    const list = ['classes.txt', 'obj.names', 'labels/classes.txt', 'train/classes.txt', 'data/obj.names'].find((f) => tree.isFile(f))
    if (list) tree.text(list, 1 << 24).split(/\r?\n/).forEach((n, i) => n.trim() && result.names.set(i, n.trim()))
  }
  // Folders of images that the description leaves out.
  if (result.places.length > 0 && tree.isFolder('images') && !result.places.some((p) => p.at === 'images' || p.at.endsWith('.txt')))
    for (const name of tree.names('images')) {
      const at = `images/${name}`
      if (tree.isFolder(at) && !result.places.some((p) => p.at === at || p.at.startsWith(`${at}/`))) result.places.push({ at, split: name === 'all' ? null : name })
    }
  // Darknet keeps a list of images for each split.
  if (result.places.length === 0) for (const split of ['train', 'val', 'valid', 'test']) if (tree.isFile(`${split}.txt`)) result.places.push({ at: `${split}.txt`, split: split === 'valid' ? 'val' : split })
  if (result.places.length === 0) {
    const splits = ['train', 'val', 'valid', 'test'].flatMap((s) => [`images/${s}`, `${s}/images`].filter((p) => tree.isFolder(p)).map((at) => ({ at, split: s === 'valid' ? 'val' : s })))
    result.places.push(...splits, ...(splits.length ? [] : [{ at: tree.isFolder('images') ? 'images' : '', split: null }]))
  }
  return result
}

/** As ultralytics: the last folder named `images` becomes `labels`; without one the file lies beside the image. */
function labelFileOf(image: string): string[] {
  const at = `/${image}`.lastIndexOf('/images/')
  const beside = `${stemOf(image)}.txt`
  return at < 0 ? [beside] : [`${`/${image}`.slice(0, at)}/labels/${stemOf(`/${image}`.slice(at + 8))}.txt`.slice(1), beside]
}

function* imagesIn(source: Source, at: string): Generator<string> {
  const { images, findings } = source
  if (!at.endsWith('.txt')) {
    for (const file of images.files(at, findings)) if (isImage(file)) yield file
    return
  }
  for (const [i, line] of source.tree.text(at).split(/\r?\n/).entries()) {
    const name = line.trim().replace(/^\.\//, '')
    if (!name) continue
    const place = [join(at, '..', name), name, name.split('/').slice(-3).join('/'), name.split('/').slice(-2).join('/')].find((p) => !p.startsWith('..') && !p.startsWith('/') && images.isFile(p))
    if (place) yield place
    else findings.leave({ file: at, line: i + 1 }, `${name}: not found`)
  }
}

function* read(source: Source): Generator<Draft> {
  const { names, places, keypoints } = layout(source)
  source.declareLabels([...names].sort(([a], [b]) => a - b).map(([, n]) => n))
  for (const { at, split } of places)
    for (const image of imagesIn(source, at)) {
      const labels = labelFileOf(image).find((f) => source.tree.isFile(f))
      yield {
        image: { path: image, exists: true },
        where: { file: labels ?? image },
        split,
        ...(labels ? { regions: (size: Size) => rows(source, labels, size, names, keypoints) } : {}),
      }
    }
}

/** `class cx cy w h`, `class x1 y1 x2 y2 …` or, with `kpt_shape`, a box and its keypoints; parts of the image, 0 to 1. */
function rows({ tree, findings }: Source, file: string, size: Size, names: ReadonlyMap<number, string>, keypoints: [number, number] | null): DraftRegion[] {
  const { width: W, height: H } = size
  const out: DraftRegion[] = []
  for (const [i, text] of tree.text(file, 1 << 26).split(/\r?\n/).entries()) {
    const fields = text.trim().split(/[\s,]+/)
    if (fields.length === 1 && !fields[0]) continue
    const line = i + 1
    const [id, ...v] = fields.map(Number) as [number, ...number[]]
    const leave = (reason: string) => findings.leave({ file, line }, reason)
    if (!Number.isInteger(id) || id < 0) leave(`class ${fields[0]} is not a whole number from 0`)
    else if (!v.every(Number.isFinite)) leave('a coordinate is not a finite number')
    else {
      const label = names.get(id) ?? `class ${id}`
      const [cx, cy, w, h] = v as [number, number, number, number]
      const box = () => boxOf(snap((cx - w / 2) * W), snap((cy - h / 2) * H), snap(w * W), snap(h * H))
      if (v.some((n) => Math.abs(n) > 4)) leave('coordinates beyond 4 images from the origin, expected parts of the image, 0 to 1')
      else if (keypoints && v.length === 4 + keypoints[0] * keypoints[1]) {
        const [, d] = keypoints
        const points = Array.from({ length: keypoints[0] }, (_, k) => {
          const [x, y, seen] = [v[4 + k * d]!, v[5 + k * d]!, d === 3 ? v[6 + k * d]! : v[4 + k * d]! || v[5 + k * d]! ? 2 : 0]
          return { x: snap(x * W), y: snap(y * H), v: seen >= 2 ? (2 as const) : seen > 0 ? (1 as const) : (0 as const) }
        })
        out.push({ label, shape: box(), line, attributes: { [groupAttribute]: line } }, { label, shape: { kind: 'keypoints', points }, line, attributes: { [groupAttribute]: line } })
      } else if (v.length === 4) out.push({ label, shape: box(), line })
      else if (v.length === 5) out.push({ label, shape: box(), line, attributes: { score: v[4]! } })
      else if (v.length >= 6 && v.length % 2 === 0) {
        const ring = toRing(v.map((n, k) => snap(n * (k % 2 ? H : W))))
        if (ring) out.push({ label, shape: { kind: 'polygon', parts: [[ring]] }, line })
        else leave('a polygon of fewer than three points')
      } else leave(`${fields.length} fields, expected a class and 4 numbers (box) or at least 6 (polygon)`)
    }
  }
  return out
}

/** Twelve digits: a millionth of a pixel on any image. */
const part = (n: number, of: number) => fixed(Math.min(1, Math.max(0, n / of)), 12)

function rowsOf(shape: Shape, segment: boolean, { width, height }: Size): string[] {
  if (segment) return (outlines(shape) ?? []).map((ring) => ring.map((n, i) => part(n, i % 2 ? height : width)).join(' '))
  if (shape.kind === 'polyline') return []
  const { x, y, w, h } = boxOfShape(shape)
  return [`${part(x + w / 2, width)} ${part(y + h / 2, height)} ${part(w, width)} ${part(h, height)}`]
}

function write(items: Iterable<Item>, target: Target): void {
  const { counts } = target.summary
  const outlined = (counts.polygons ?? 0) + (counts.masks ?? 0) + (counts['rotated boxes'] ?? 0) > 0
  const segment = target.options.task === 'segment' || (target.options.task === 'auto' && outlined)
  const ids = new Map(target.labels.map((n, i) => [n, i]))
  for (const item of items) {
    const size = needSize(target, item)
    if (!size) continue
    const split = safeName(splitOf(item.record) ?? 'all')
    const name = freeName(target, withoutImagesFolder(item.record.fileName), (stem) => `labels/${split}/${stem}.txt`)
    const lines = (item.record.regions ?? []).flatMap((r) => {
      const rows = rowsOf(r.shape, segment, size)
      if (rows.length === 0) target.findings.leave({ file: item.record.fileName }, `${r.shape.kind} of ${labelOf(r)}: YOLO has no such shape`)
      return rows.map((row) => `${ids.get(labelOf(r))!} ${row}\n`)
    })
    copyImage(target, item, `images/${split}/${name}`)
    // A file without rows too: it says that there is nothing, and takes the name.
    writeFile(target, `labels/${split}/${stemOf(name)}.txt`, lines.join(''))
  }
  const splits = target.summary.splits.map(safeName)
  const whole = 'images/all'
  const place = (split: string) => (splits.includes(split) ? `images/${split}` : splits.includes('train') ? undefined : whole)
  const yaml = {
    path: '.',
    train: place('train'),
    val: place('val') ?? 'images/train', // ultralytics wants one
    ...Object.fromEntries(splits.filter((s) => !['train', 'val'].includes(s)).map((s) => [s, `images/${s}`])),
    nc: target.labels.length,
    names: Object.fromEntries(target.labels.map((n, i) => [i, n])),
  }
  writeFile(target, 'data.yaml', stringify(yaml))
}

export const yolo: Format = {
  name: 'yolo',
  title: 'YOLO',
  recognises: ({ name, head }) => /\.ya?ml$/.test(name) && /^\s*(names|nc|train)\s*:/m.test(head),
  read,
  write,
  images: 'copy',
  losses: {
    ...usualLosses,
    boxes: 'become polygons of four points where the dataset has outlines, for a file never mixes both (task: detect, segment)',
    'rotated boxes': 'become polygons of four points, or upright boxes (task: detect)',
    holes: 'are filled',
    parts: 'become objects of their own',
    masks: 'become polygons along the borders of their pixels',
    polylines: 'are left out',
    keypoints: 'are left out, or become their boxes (task: detect)',
    attributes: 'are left out',
    'unlabelled regions': 'get the class “unlabelled”',
    'drawing order': 'is the order of the rows',
  },
}
