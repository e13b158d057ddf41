/**
 * KITTI object detection: one text file per image, rows of a class and 14 numbers (15 with a score).
 * cvlibs.net/datasets/kitti/eval_object.php, readme.txt of the object development kit.
 */
import path from 'node:path'
import type { Attributes } from '#shared/model/region.ts'
import { properName } from '#shared/model/words.ts'
import { sentence } from '#shared/sentences/table.ts'
import type { Draft, DraftRegion, Source } from '../draft.ts'
import { becomes, defineFormat, usualLosses } from '../format.ts'
import { imageNamed, ownFiles, splitBy } from '../lookup.ts'
import type { Peek } from '../peek.ts'
import { boxBetween, boxOfShape, fixed } from '../shapes.ts'
import { copyImage, freeName, type Item, safeName, splitOf, type Target, withoutImagesFolder, writeFile } from '../target.ts'
import { isImage, join, stemOf } from '../tree.ts'
import { labelOf } from '../unlabelled.ts'

/**
 * Field counts with and without a score; after the class: truncation, occlusion, alpha, box (4), dimensions (3),
 * location (3), rotation_y.
 */
const [fewest, most] = [15, 16]
const number = /^[-+]?(?:\d+\.?\d*|\.\d+)(?:e[-+]?\d+)?$/i
const fieldsOf = (line: string) => line.trim().split(/\s+/)
const isRow = (fields: readonly string[]) =>
  fields.length >= fewest && fields.length <= most && !number.test(fields[0]!) && fields.slice(1).every((f) => number.test(f))

function isKitti({ name, head }: Peek): boolean {
  if (!name.endsWith('.txt')) return false
  const rows = head
    .replace(/^\ufeff/, '')
    .split(/\r?\n/)
    .filter((l) => l.trim())
    .slice(0, 10)
  return rows.length > 0 && isRow(fieldsOf(rows[0]!))
}

const labelFolder = /^(.*\/)?label_\d(\/.*)?$/

function* read(source: Source): Generator<Draft> {
  const { tree, images, file, findings } = source
  const seen = new Set<string>()
  // An empty file among the others means that its image has no objects.
  const own = ownFiles(source, (peek) => isKitti(peek) || (peek.name.endsWith('.txt') && peek.head.trim() === ''))
  for (const name of own) {
    const folder = path.posix.dirname(name)
    if (file === null && tree.text(name, 1 << 26).trim() === '' && !labelFolder.test(folder)) continue
    const stem = path.posix.basename(stemOf(name))
    // image_2 is the left colour camera; label_2 holds its annotations.
    const beside = images.imagesByStem(folder.replace(/(^|\/)label_(\d)(?=\/|$)/, '$1image_$2'), stem)[0]
    const image = beside === undefined ? imageNamed(images, stem, name) : { path: beside, exists: true }
    if (!image?.exists) {
      findings.leave({ file: name }, sentence('finding.rows-no-image'))
      continue
    }
    seen.add(image.path)
    yield { image, where: { file: name }, split: splitBy(image.path, name), regions: regionsOf(source, name) }
  }
  if (file === null)
    for (const image of images.files(''))
      if (isImage(image) && !seen.has(image))
        yield { image: { path: image, exists: true }, where: { file: image }, split: splitBy(image, image) }
}

function regionsOf({ tree, findings }: Source, file: string): DraftRegion[] {
  const regions: DraftRegion[] = []
  for (const [i, line] of tree
    .text(file, 1 << 26)
    .split(/\r?\n/)
    .entries()) {
    if (!line.trim()) continue
    const fields = fieldsOf(line.replace(/^\ufeff/, ''))
    if (!isRow(fields)) {
      findings.leave({ file, line: i + 1 }, sentence('finding.kitti-row', { n: fewest - 1 }))
      continue
    }
    const [left, top, right, bottom] = fields.slice(4, 8).map(Number) as [number, number, number, number]
    const shape = boxBetween(left, top, right, bottom)
    const attributes = attributesOf(fields)
    regions.push({ label: fields[0]!, shape, line: i + 1, ...(Object.keys(attributes).length ? { attributes } : {}) })
  }
  return regions
}

/** Placeholders for unknown values. Some writers put -1 for all of them. */
const unknown = { alpha: -10, dimension: -1, location: -1000, rotation: -10 }

function attributesOf(fields: readonly string[]): Attributes {
  const n = fields.map(Number)
  const solid = n.slice(8, 11).some((d) => d > 0)
  const known = (i: number, none: number) => n[i] !== none && (solid || n[i] !== -1)
  return {
    ...(n[1]! > 0 ? { truncated: n[1]! } : {}),
    ...(n[2]! > 0 ? { occluded: n[2]! } : {}),
    ...(known(3, unknown.alpha) ? { alpha: n[3]! } : {}),
    ...(solid ? { dimensions: fields.slice(8, 11).join(' ') } : {}),
    ...([11, 12, 13].some((i) => known(i, unknown.location)) ? { location: fields.slice(11, 14).join(' ') } : {}),
    ...(known(14, unknown.rotation) ? { rotation_y: n[14]! } : {}),
    ...(n[15] !== undefined && n[15] !== -1 ? { score: n[15] } : {}),
  }
}

/** Three numbers stored as text in one attribute. */
const three = (value: unknown, otherwise: number) => {
  const given = typeof value === 'string' ? fieldsOf(value) : []
  return given.length === 3 && given.every((g) => number.test(g)) ? given.join(' ') : Array.from({ length: 3 }, () => otherwise).join(' ')
}
const one = (value: unknown, otherwise: number) => (typeof value === 'number' ? value : value === true ? 1 : otherwise)

const oneWord = (label: string) => label.trim().replace(/\s+/g, '_')

function write(items: Iterable<Item>, target: Target): void {
  for (const label of target.labels)
    if (oneWord(label) !== label) target.findings.note(sentence('finding.kitti-spaces', { label, written: oneWord(label) }))
  for (const item of items) {
    const { record } = item
    const at = splitOf(record) === null ? '' : safeName(splitOf(record)!)
    const name = freeName(target, withoutImagesFolder(record.fileName), (stem) => join(at, `label_2/${stem}.txt`))
    const rows = (record.regions ?? []).flatMap((r) => {
      if (r.shape.kind === 'polyline') {
        target.findings.leave({ file: record.fileName }, sentence('finding.kitti-lines', { label: labelOf(r) }))
        return []
      }
      const { x, y, w, h } = boxOfShape(r.shape)
      const a = r.attributes ?? {}
      const score = typeof a['score'] === 'number' ? ` ${a['score']}` : ''
      const box = [x, y, x + w, y + h].map((v) => fixed(v, 6)).join(' ')
      const flags = `${one(a['truncated'], 0)} ${Math.trunc(one(a['occluded'], 0))} ${one(a['alpha'], unknown.alpha)}`
      const place = `${three(a['dimensions'], unknown.dimension)} ${three(a['location'], unknown.location)}`
      return [`${oneWord(labelOf(r))} ${flags} ${box} ${place} ${one(a['rotation_y'], unknown.rotation)}${score}\n`]
    })
    copyImage(target, item, join(at, `image_2/${name}`))
    writeFile(target, join(at, `label_2/${stemOf(name)}.txt`), rows.join(''))
  }
}

export default defineFormat({
  id: 'kitti',
  order: 135,
  title: properName('KITTI'),
  about: {
    en: 'Boxes of road scenes with truncation, occlusion and 3D fields, one text file per image (image_2, label_2)',
    ja: '道路シーンの矩形。切れ・遮蔽・3D の値を持つ。画像ごとに一つのテキスト（image_2、label_2）',
  },
  extensions: ['.txt'],
  reference: 'https://www.cvlibs.net/datasets/kitti/eval_object.php',
  recognises: isKitti,
  apart: ['label_2'],
  read,
  write,
  images: 'copy',
  losses: {
    ...usualLosses,
    'rotated boxes': becomes.boxes,
    polygons: becomes.boxes,
    masks: becomes.boxes,
    keypoints: becomes.boxes,
    holes: becomes.lostInBoxes,
    parts: becomes.lostInBoxes,
    polylines: becomes.leftOut,
    attributes: {
      en: 'are left out, except KITTI’s own (truncated, occluded, alpha, dimensions, location, rotation_y, score)',
      ja: 'KITTI のもの（truncated、occluded、alpha、dimensions、location、rotation_y、score）だけが残ります',
    },
    'unlabelled regions': becomes.unlabelledClass,
  },
})
