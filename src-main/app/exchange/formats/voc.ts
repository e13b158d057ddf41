/**
 * Pascal VOC XML, one file per image (VOC2012 devkit, section 4). The specification counts pixels from 1; many tools
 * count from 0.
 */
import path from 'node:path'
import { z } from 'zod'
import { setting } from '#shared/model/words.ts'
import { DashiError, errorLine } from '#shared/errors.ts'
import { properName } from '#shared/model/words.ts'
import { sentence, type Sentence } from '#shared/sentences/table.ts'
import type { Draft, DraftRegion, Source } from '../draft.ts'
import type { Shape } from '#shared/model/shape.ts'
import { becomes, defineFormat, usualLosses } from '../format.ts'
import type { Peek } from '../peek.ts'
import { boxOf, groupAttribute, toRing } from '../shapes.ts'
import { splitFolder } from '../splits.ts'
import { findImage, join, stemOf } from '../tree.ts'
import { child, childText, numberOf, type XmlElement, xmlElements } from '../xml.ts'
import { oneBased, write, zeroBased } from './voc/write.ts'

const isVoc = ({ name, head }: Peek) => name.endsWith('.xml') && /<annotation[\s>]/.test(head)

function* annotationFiles({ tree, file, findings }: Source): Generator<string> {
  if (file !== null) return yield file
  for (const f of tree.files('', findings)) if (f.endsWith('.xml') && isVoc(tree.peek(f))) yield f
}

/**
 * Decides whether coordinates count from 0 or 1. Our own mark and the devkit's decide first; a box starting below 1,
 * fractional pixels, or labelme's converter (which leaves the database empty) mean 0. Without a hint it is 1, as
 * specified.
 */
function detectBase(source: Source, asked: 'auto' | '0' | '1'): { base: number; why: Sentence } {
  if (asked !== 'auto') return { base: Number(asked), why: sentence('note.voc-requested') }
  let [numbers, fractions] = [0, 0]
  for (const file of annotationFiles(source)) {
    const text = source.tree.text(file)
    for (const [base, mark] of [zeroBased, oneBased].entries()) if (text.includes(mark)) return { base, why: sentence('note.voc-says') }
    if (/<database>[^<]*PASCAL|<annotation>\s*PASCAL|<database>The VOC/i.test(text)) return { base: 1, why: sentence('note.voc-devkit') }
    if (ofLabelMe.test(text)) return { base: 0, why: sentence('note.voc-mit') }
    if (/<database\s*(\/>|>\s*<\/database>)\s*<annotation\s*(\/>|>\s*<\/annotation>)/.test(text))
      return { base: 0, why: sentence('note.voc-labelme') }
    for (const [, n] of text.matchAll(/<[xy]min>\s*(-?[\d.]+(?:e[-+]?\d+)?)\s*</gi)) {
      if (Number(n) < 1) return { base: 0, why: sentence('note.voc-box', { file: path.posix.basename(file), at: n! }) }
      numbers++
      if (!Number.isInteger(Number(n))) fractions++
    }
  }
  // The devkit itself has a few fractional coordinates.
  if (fractions > 0 && fractions * 20 >= numbers) return { base: 0, why: sentence('note.voc-fractions') }
  return { base: 1, why: sentence('note.voc-specified') }
}

/** The XML of MIT's LabelMe, which resembles VOC's: polygons of `pt`, counted from 0. */
const ofLabelMe = /<sourceAnnotation\b|<imagesize\b|<polygon>\s*(?:<username>[^<]*<\/username>\s*)?<pt>/

/** Maps image names to splits, by the lists in ImageSets/Main next to Annotations. */
function splitLists({ tree }: Source, devkit: string): Map<string, string> {
  const splits = new Map<string, string>()
  for (const folder of ['ImageSets/Main', 'ImageSets'].map((f) => join(devkit, f)))
    for (const split of ['train', 'val', 'test'])
      if (tree.isFile(`${folder}/${split}.txt`))
        for (const line of tree.text(`${folder}/${split}.txt`).split(/\r?\n/)) if (line.trim()) splits.set(line.trim(), split)
  return splits
}

function* read(source: Source, settings: { base: 'auto' | '0' | '1' }): Generator<Draft> {
  const { findings, tree } = source
  const { base, why } = detectBase(source, settings.base)
  findings.note(sentence('note.voc-base', { base, why, other: 1 - base }))
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
  const name = childText(root, 'filename') || childText(root, 'path') || undefined
  const sub = /(?:^|\/)Annotations(\/.*)?$/.exec(folder)?.[1] ?? ''
  const above = (f: string) => join(folder.replace(/(?:^|\/)Annotations(\/.*)?$|(?:^|\/)(?:annotations|labels)$/, ''), f)
  const bases = [folder, above(`JPEGImages${sub}`), above(`Images${sub}`), above('JPEGImages'), above('images'), above('')]
  const named = name ? findImage(images, name, bases) : null
  const beside = named?.exists ? undefined : bases.flatMap((b) => images.imagesByStem(b, stem))[0]
  const image = beside ? { path: beside, exists: true } : named
  if (!image) {
    findings.leave({ file }, sentence('finding.voc-filename', { name: JSON.stringify(name ?? null) }))
    return null
  }
  const size = child(root, 'size') ?? child(root, 'imagesize')
  const regions: DraftRegion[] = []
  let groups = 0
  for (const object of root.children.filter((c) => c.name === 'object')) {
    if (childText(object, 'deleted') === '1') continue // LabelMe keeps deleted objects in the file
    const label = childText(object, 'name') || null
    const attributes = attributesOf(object)
    const shape = shapeOf(object, base)
    const parts = object.children.filter((c) => c.name === 'part')
    const placed = parts.flatMap((part): { label: string | null; shape: Shape }[] => {
      const shape = shapeOf(part, base)
      return shape ? [{ label: childText(part, 'name') || null, shape }] : []
    })
    if (placed.length < parts.length)
      findings.leave({ file, line: object.line }, sentence('finding.voc-parts', { label: label ?? '', n: parts.length - placed.length }))
    if (!shape) {
      findings.leave({ file, line: object.line }, sentence('finding.voc-no-box', { label: label ?? '' }))
      continue
    }
    // Parts become regions of their own, grouped with their object.
    if (placed.length) attributes[groupAttribute] ??= ++groups
    regions.push({ label, shape, line: object.line, attributes })
    for (const part of placed)
      regions.push({ ...part, line: object.line, attributes: { [groupAttribute]: attributes[groupAttribute]!, 'part of': label ?? '' } })
  }
  const split = splits.get(stem) ?? splits.get(stemOf(withoutFolder(file))) ?? splitFolder(image.path).split
  return {
    image,
    where: { file },
    size: {
      width: integer(childText(size, 'width') ?? childText(size, 'ncols')),
      height: integer(childText(size, 'height') ?? childText(size, 'nrows')),
    },
    regions,
    split,
  }
}

const withoutFolder = (file: string) => file.replace(/^(?:.*\/)?Annotations\//, '')
/** 0 means that the tool did not know the size. */
const integer = (text: string | undefined) => (numberOf(text) ? numberOf(text) : undefined)

/** A polygon, a rotated box (roLabelImg, in radians), a box or an action's point; null if the object has none of them. */
function shapeOf(object: XmlElement, base: number): Shape | null {
  const rings = object.children
    .filter((c) => c.name === 'polygon')
    .map((p) => toRing(polygonPoints(p).map((n) => n - base)))
    .filter((r) => r !== null)
  if (rings.length) return { kind: 'polygon', parts: rings.map((r) => [r]) }
  const turned = child(object, 'robndbox')
  if (turned) {
    const [cx, cy, w, h, angle] = ['cx', 'cy', 'w', 'h', 'angle'].map((n) => numberOf(childText(turned, n))) as [
      number,
      number,
      number,
      number,
      number,
    ]
    return { kind: 'rotated-box', cx, cy, w, h, angle: (angle * 180) / Math.PI }
  }
  const b = child(object, 'bndbox')
  if (b) {
    const [x1, y1, x2, y2] = ['xmin', 'ymin', 'xmax', 'ymax'].map((n) => numberOf(childText(b, n))) as [number, number, number, number]
    // When counting from 1, the last pixel is part of the box.
    return boxOf(x1 - base, y1 - base, x2 - x1 + base, y2 - y1 + base)
  }
  const point = child(object, 'point')
  return point
    ? { kind: 'keypoints', points: [{ x: numberOf(childText(point, 'x')) - base, y: numberOf(childText(point, 'y')) - base, v: 2 }] }
    : null
}

function polygonPoints(polygon: XmlElement): number[] {
  // <x1>…</x1><y1>…</y1><x2>… (Roboflow), or <point><x>…</x><y>…</y></point>
  const points = polygon.children.filter((c) => c.name === 'point' || c.name === 'pt')
  if (points.length) return points.flatMap((p) => [numberOf(childText(p, 'x')), numberOf(childText(p, 'y'))])
  return polygon.children.map((c) => numberOf(c.text))
}

const flags = ['truncated', 'difficult', 'occluded']
const ownElements = new Set([
  ...flags,
  'name',
  'pose',
  'bndbox',
  'robndbox',
  'polygon',
  'part',
  'attributes',
  'actions',
  'point',
  'type',
  'segmentation',
])
const valueOf = (text: string) =>
  /^true$/i.test(text) ? true : /^false$/i.test(text) ? false : text !== '' && String(Number(text)) === text ? Number(text) : text

function attributesOf(object: XmlElement): Record<string, string | number | boolean> {
  const out: Record<string, string | number | boolean> = {}
  for (const flag of flags) if (/^(1|true|yes)$/i.test(childText(object, flag) ?? '')) out[flag] = true
  const pose = childText(object, 'pose')
  if (pose && pose !== 'Unspecified') out['pose'] = pose
  for (const a of child(object, 'attributes')?.children ?? []) {
    const [name, value] = [childText(a, 'name'), childText(a, 'value')]
    if (name && value !== undefined && !(name in out)) out[name] = valueOf(value)
  }
  for (const a of child(object, 'actions')?.children ?? []) if (Number(a.text) === 1) out[a.name] = true
  for (const c of object.children) if (!ownElements.has(c.name) && c.children.length === 0 && c.text) out[c.name] ??= valueOf(c.text)
  return out
}

export default defineFormat({
  id: 'voc',
  order: 170,
  title: properName('Pascal VOC'),
  about: { en: 'Boxes, one XML file per image', ja: '矩形。画像ごとに一つの XML' },
  extensions: ['.xml'],
  reference: 'http://host.robots.ox.ac.uk/pascal/VOC/voc2012/devkit_doc.pdf',
  recognises: isVoc,
  importSettings: z.object({
    base: setting(
      z.enum(['auto', '0', '1']).default('auto'),
      'number of the first pixel; auto: 0 if a box starts below 1, else 1',
      '最初のピクセルの番号。auto：1 未満から始まる矩形があれば 0、なければ 1',
    ),
  }),
  exportSettings: z.object({
    base: setting(z.enum(['0', '1']).default('1'), 'number of the first pixel', '最初のピクセルの番号'),
  }),
  read,
  write,
  images: 'copy',
  losses: {
    ...usualLosses,
    holes: becomes.boxes,
    masks: becomes.boxes,
    polylines: becomes.leftOut,
    keypoints: becomes.boxes,
    'unlabelled regions': { en: 'get the name “unlabelled”', ja: '名前「unlabelled」になります' },
  },
})
