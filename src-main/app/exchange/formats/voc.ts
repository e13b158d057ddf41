/** Pascal VOC XML, one file an image (VOC2012 devkit, section 4). Its first pixel is 1 by the specification; many tools write 0. */
import path from 'node:path'
import { DashiError, errorLine } from '#shared/errors.ts'
import type { RecordRegion } from '#shared/model/record.ts'
import type { Draft, DraftRegion, Source } from '../draft.ts'
import { type Format, usualLosses } from '../format.ts'
import { boxOfShape, boxOf, toRing } from '../shapes.ts'
import { copyImage, freeName, type Item, labelOf, type Target, withoutImagesFolder, writeFile, safeName, splitOf } from '../target.ts'
import { splitFolder } from '../splits.ts'
import { findImage, join, stemOf } from '../tree.ts'
import { child, childText, escapeXml, numberOf, type XmlElement, xmlElements } from '../xml.ts'

const zeroBased = 'coordinates from 0'

function* annotationFiles({ tree, file, findings }: Source): Generator<string> {
  if (file !== null) return yield file
  for (const f of tree.files('', findings)) if (f.endsWith('.xml')) yield f
}

/** A box that begins below 1, or our own mark, shows that the dataset counts from 0. */
function detectBase(source: Source): number {
  if (source.options.base !== 'auto') return Number(source.options.base)
  for (const file of annotationFiles(source)) {
    const text = source.tree.text(file)
    if (text.includes(zeroBased)) return 0
    for (const [, n] of text.matchAll(/<[xy]min>\s*(-?[\d.]+)\s*</g)) if (Number(n) < 1) return 0
  }
  return 1
}

/** Which split each image name is in, by the lists in ImageSets/Main beside Annotations. */
function splitLists({ tree }: Source, devkit: string): Map<string, string> {
  const splits = new Map<string, string>()
  for (const folder of ['ImageSets/Main', 'ImageSets'].map((f) => join(devkit, f)))
    for (const split of ['train', 'val', 'test'])
      if (tree.isFile(`${folder}/${split}.txt`)) for (const line of tree.text(`${folder}/${split}.txt`).split(/\r?\n/)) if (line.trim()) splits.set(line.trim(), split)
  return splits
}

function* read(source: Source): Generator<Draft> {
  const { findings, tree } = source
  const base = detectBase(source)
  const lists = new Map<string, Map<string, string>>()
  const splitsOf = (file: string) => {
    const devkit = file.slice(0, Math.max(0, file.search(/(?:^|\/)Annotations\//)))
    if (!lists.has(devkit)) lists.set(devkit, splitLists(source, devkit))
    return lists.get(devkit)!
  }
  for (const file of annotationFiles(source)) {
    try {
      for (const root of xmlElements(tree.absolute(file), new Set(['annotation']))) {
        const draft = draftOf(source, file, root, base, splitsOf(file))
        if (draft) yield draft
      }
    } catch (e) {
      if (!(e instanceof DashiError)) throw e
      findings.leave({ file }, errorLine(e))
    }
  }
}

function draftOf({ images, findings }: Source, file: string, root: XmlElement, base: number, splits: Map<string, string>): Draft | null {
  const folder = path.posix.dirname(file) === '.' ? '' : path.posix.dirname(file)
  const stem = path.posix.basename(stemOf(file))
  const name = childText(root, 'filename') || undefined
  const sub = /(?:^|\/)Annotations(\/.*)?$/.exec(folder)?.[1] ?? ''
  const above = (f: string) => join(folder.replace(/(?:^|\/)Annotations(\/.*)?$|(?:^|\/)(?:annotations|labels)$/, ''), f)
  const bases = [folder, above(`JPEGImages${sub}`), above('JPEGImages'), above('images'), above('')]
  const named = name ? findImage(images, name, bases) : null
  const beside = named?.exists ? undefined : bases.flatMap((b) => images.imagesByStem(b, stem))[0]
  const image = beside ? { path: beside, exists: true } : named
  if (!image) {
    findings.leave({ file }, `filename ${JSON.stringify(name)}: a path outside the folder, and no image of that name in it`)
    return null
  }
  const size = child(root, 'size')
  const regions: DraftRegion[] = []
  for (const object of root.children.filter((c) => c.name === 'object')) {
    const label = childText(object, 'name') || null
    const attributes = attributesOf(object)
    const polygon = child(object, 'polygon')
    const ring = polygon && toRing(polygonPoints(polygon).map((n) => n - base))
    if (ring) {
      regions.push({ label, shape: { kind: 'polygon', parts: [[ring]] }, line: object.line, attributes })
      continue
    }
    const turned = child(object, 'robndbox') // roLabelImg: radians
    if (turned) {
      const [cx, cy, w, h, angle] = ['cx', 'cy', 'w', 'h', 'angle'].map((n) => numberOf(childText(turned, n))) as [number, number, number, number, number]
      regions.push({ label, shape: { kind: 'rotated-box', cx, cy, w, h, angle: (angle * 180) / Math.PI }, line: object.line, attributes })
      continue
    }
    const parts = object.children.filter((c) => c.name === 'part').length
    if (parts) findings.leave({ file, line: object.line }, `object ${label ?? ''}: its parts (${parts})`)
    const b = child(object, 'bndbox')
    const [x1, y1, x2, y2] = ['xmin', 'ymin', 'xmax', 'ymax'].map((n) => numberOf(childText(b, n))) as [number, number, number, number]
    if (!b) findings.leave({ file, line: object.line }, `object ${label ?? ''}: no bndbox`)
    // Counted from 1, the last pixel is part of the box.
    else regions.push({ label, shape: boxOf(x1 - base, y1 - base, x2 - x1 + base, y2 - y1 + base), line: object.line, attributes })
  }
  const split = splits.get(stem) ?? splits.get(stemOf(withoutFolder(file))) ?? splitFolder(image.path).split
  return { image, where: { file }, size: { width: integer(childText(size, 'width')), height: integer(childText(size, 'height')) }, regions, split }
}

const withoutFolder = (file: string) => file.replace(/^(?:.*\/)?Annotations\//, '')
/** 0 stands for a size that the tool did not know. */
const integer = (text: string | undefined) => (numberOf(text) ? numberOf(text) : undefined)

function polygonPoints(polygon: XmlElement): number[] {
  // <x1>…</x1><y1>…</y1><x2>… (Roboflow), or <point><x>…</x><y>…</y></point>
  const points = polygon.children.filter((c) => c.name === 'point' || c.name === 'pt')
  if (points.length) return points.flatMap((p) => [numberOf(childText(p, 'x')), numberOf(childText(p, 'y'))])
  return polygon.children.map((c) => numberOf(c.text))
}

function attributesOf(object: XmlElement): Record<string, string | number | boolean> {
  const out: Record<string, string | number | boolean> = {}
  for (const flag of ['truncated', 'difficult', 'occluded']) if (Number(childText(object, flag)) === 1) out[flag] = true
  const pose = childText(object, 'pose')
  if (pose && pose !== 'Unspecified') out['pose'] = pose
  for (const a of child(object, 'attributes')?.children ?? []) {
    const [name, value] = [childText(a, 'name'), childText(a, 'value')]
    if (name && value !== undefined && !(name in out)) out[name] = value === 'True' || value === 'true' ? true : value === 'False' || value === 'false' ? false : value
  }
  return out
}

function write(items: Iterable<Item>, target: Target): void {
  const base = Number(target.options.base)
  const sets = new Map<string, string[]>()
  for (const item of items) {
    const { record } = item
    const name = freeName(target, withoutImagesFolder(record.fileName), (stem) => `Annotations/${stem}.xml`)
    const objects = (record.regions ?? []).flatMap((r) => {
      const object = objectOf(r, base)
      if (!object) target.findings.leave({ file: record.fileName }, `${r.shape.kind} of ${labelOf(r)}: VOC has no such shape`)
      return object ?? []
    })
    copyImage(target, item, `JPEGImages/${name}`)
    writeFile(
      target,
      `Annotations/${stemOf(name)}.xml`,
      `<annotation>
  <folder>JPEGImages</folder>
  <filename>${escapeXml(name)}</filename>
  <source><database>Dashi</database><annotation>${base ? 'coordinates from 1' : zeroBased}</annotation></source>
  <size><width>${record.width ?? 0}</width><height>${record.height ?? 0}</height><depth>3</depth></size>
  <segmented>0</segmented>
${objects.join('')}</annotation>
`,
    )
    const split = splitOf(record)
    if (split) {
      const list = sets.get(safeName(split)) ?? []
      list.push(stemOf(name))
      sets.set(safeName(split), list)
    }
  }
  for (const [split, stems] of sets) writeFile(target, `ImageSets/Main/${split}.txt`, stems.map((s) => `${s}\n`).join(''))
}

const known = new Set(['truncated', 'difficult', 'occluded', 'pose'])

function objectOf(r: RecordRegion, base: number): string | null {
  if (r.shape.kind === 'polyline') return null
  const { x, y, w, h } = boxOfShape(r.shape)
  const a = r.attributes ?? {}
  const others = Object.entries(a).filter(([k]) => !known.has(k))
  const extra = others.length
    ? `    <attributes>${others.map(([k, v]) => `<attribute><name>${escapeXml(k)}</name><value>${escapeXml(String(v))}</value></attribute>`).join('')}</attributes>\n`
    : ''
  return `  <object>
    <name>${escapeXml(labelOf(r))}</name>
    <pose>${escapeXml(String(a['pose'] ?? 'Unspecified'))}</pose>
    <truncated>${a['truncated'] ? 1 : 0}</truncated>
    <difficult>${a['difficult'] ? 1 : 0}</difficult>
    <occluded>${a['occluded'] ? 1 : 0}</occluded>
    <bndbox><xmin>${x + base}</xmin><ymin>${y + base}</ymin><xmax>${x + w}</xmax><ymax>${y + h}</ymax></bndbox>
${extra}  </object>
`
}

export const voc: Format = {
  name: 'voc',
  title: 'Pascal VOC XML',
  recognises: ({ name, head }) => name.endsWith('.xml') && /<annotation[\s>]/.test(head),
  read,
  write,
  images: 'copy',
  losses: {
    ...usualLosses,
    'rotated boxes': 'become upright boxes',
    polygons: 'become their boxes',
    masks: 'become their boxes',
    polylines: 'are left out',
    keypoints: 'become their boxes',
    'unlabelled regions': 'get the name “unlabelled”',
  },
}
