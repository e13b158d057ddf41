/**
 * DOTA: rows of four corners, class and difficulty, one file per image in labelTxt.
 * captain-whu.github.io/DOTA/dataset.html, CAPTAIN-WHU/DOTA_devkit dota_utils.py.
 */
import path from 'node:path'
import { rotatedBoxRing } from '#shared/geometry/box.ts'
import type { Shape } from '#shared/model/shape.ts'
import type { Attributes } from '#shared/model/region.ts'
import { properName } from '#shared/model/words.ts'
import { sentence } from '#shared/sentences/table.ts'
import { kindWord } from '../findings.ts'
import type { Draft, DraftRegion, Source } from '../draft.ts'
import { becomes, defineFormat, usualLosses } from '../format.ts'
import { fixed, outlines, smallestBox } from '../shapes.ts'
import { usualSplit } from '../splits.ts'
import { copyImage, freeName, type Item, safeName, splitOf, type Target, withoutImagesFolder, writeFile } from '../target.ts'
import { labelOf } from '../unlabelled.ts'
import { isImage, join, stemOf } from '../tree.ts'
import { cornersOf } from './yolo/rows.ts'

/** Eight numbers, a non-numeric class and an optional difficulty. */
const row = /^\s*((?:[-+]?\d+\.?\d*(?:e[-+]?\d+)?[ \t]+){8})([^\s\d+-].*?)(?:[ \t]+(\d))?\s*$/i
const header = /^\s*(imagesource|gsd|acquisition dates|image source)\s*:\s*(.*?)\s*$/i

/** Whether most of the first rows match; ICDAR's text regions look similar but use commas. */
function isDota(head: string): boolean {
  const rows = head
    .replace(/^\ufeff/, '')
    .split(/\r?\n/)
    .filter((l) => l.trim() && !header.test(l))
    .slice(0, 20)
  return rows.filter((l) => row.test(l)).length * 2 > rows.length || (rows.length === 0 && header.test(head.split('\n')[0]!))
}

function* read(source: Source): Generator<Draft> {
  const { tree, file, images, findings } = source
  const byStem = new Map<string, string[]>()
  for (const f of images.files(''))
    if (isImage(f)) byStem.set(path.posix.basename(stemOf(f)), [...(byStem.get(path.posix.basename(stemOf(f))) ?? []), f])
  const list = tree.isFile('classes.txt')
    ? tree
        .text('classes.txt', 1 << 24)
        .split(/\r?\n/)
        .map((l) => l.trim())
        .filter(Boolean)
    : []
  source.declareLabels(list)
  const names = new Map(list.map((n) => [oneWord(n), n]))
  const seen = new Set<string>()
  for (const name of file === null ? tree.files('', findings) : [file]) {
    if (!name.endsWith('.txt') || name === 'classes.txt') continue
    const { head } = tree.peek(name)
    if (head.trim() !== '' && !isDota(head) && file === null) continue
    const text = tree.text(name, 1 << 26)
    const image = nearest(name, byStem.get(path.posix.basename(stemOf(name))))
    if (!image) {
      if (text.trim() !== '') findings.leave({ file: name }, sentence('finding.rows-no-image'))
      continue
    }
    if (seen.has(image)) {
      // Releases (v1.0, v1.5) and upright and rotated annotations may be side by side.
      findings.leave({ file: name }, sentence('finding.rows-elsewhere', { image }))
      continue
    }
    seen.add(image)
    yield {
      image: { path: image, exists: true },
      where: { file: name },
      split: splitOfPath(name) ?? splitOfPath(image),
      ...contentOf(source, name, text, names),
    }
  }
  for (const image of [...byStem.values()].flat())
    if (!seen.has(image) && file === null) yield { image: { path: image, exists: true }, where: { file: image }, split: splitOfPath(image) }
}

/** The image whose path has the longest common prefix. */
function nearest(file: string, found: readonly string[] = []): string | undefined {
  const steps = file.split('/').slice(0, -1)
  const shared = (f: string) => f.split('/').findIndex((s, i) => s !== steps[i])
  return [...found].sort((a, b) => shared(b) - shared(a))[0]
}

const splitOfPath = (file: string) =>
  file
    .split('/')
    .slice(0, -1)
    .map(usualSplit)
    .find((s) => s !== undefined) ?? null

function contentOf({ findings }: Source, file: string, text: string, names: ReadonlyMap<string, string>): Pick<Draft, 'regions' | 'tags'> {
  const regions: DraftRegion[] = []
  const tags: string[] = []
  const whole: Attributes = {}
  for (const [i, line] of text.split(/\r?\n/).entries()) {
    if (!line.trim()) continue
    const said = header.exec(line)
    if (said) {
      const [, name, value] = said as unknown as [string, string, string]
      // The ground sampling distance is a property of the image, but only regions can carry it as an attribute.
      if (/^gsd$/i.test(name) && Number(value) > 0) whole['gsd'] = Number(value)
      else if (value && !/^(null|none)$/i.test(value)) tags.push(`${name.toLowerCase()}: ${value}`.slice(0, 200))
      continue
    }
    const m = row.exec(line)
    if (!m) {
      findings.leave({ file, line: i + 1 }, sentence('finding.dota-row'))
      continue
    }
    const flat = m[1]!.trim().split(/\s+/).map(Number)
    const difficulty = Number(m[3] ?? 0)
    const attributes = { ...whole, ...(difficulty === 1 ? { difficult: true } : difficulty > 1 ? { difficult: difficulty } : {}) }
    const shape: Shape = cornersOf(flat) ?? { kind: 'polygon', parts: [[flat]] }
    regions.push({ label: names.get(m[2]!) ?? m[2]!, shape, line: i + 1, ...(Object.keys(attributes).length ? { attributes } : {}) })
  }
  return { regions, tags }
}

const oneWord = (label: string) => label.trim().replace(/\s+/g, '_')

function write(items: Iterable<Item>, target: Target): void {
  for (const item of items) {
    const { record } = item
    const split = splitOf(record)
    const at = split === null ? '' : safeName(split)
    const name = freeName(target, withoutImagesFolder(record.fileName), (stem) => join(at, `labelTxt/${stem}.txt`))
    const gsd = record.regions?.find((r) => r.attributes?.['gsd'] !== undefined)?.attributes?.['gsd']
    const tags = (record.tags ?? []).filter((t) => /^imagesource: /.test(t)).map((t) => `${t.replace(': ', ':')}\n`)
    const rows = (record.regions ?? []).flatMap((r) => {
      const corners = fourCorners(r.shape)
      if (!corners)
        target.findings.leave(
          { file: record.fileName },
          sentence('finding.no-shape-dota', { kind: kindWord(r.shape.kind), label: labelOf(r) }),
        )
      const difficulty = Number(r.attributes?.['difficult'] ?? 0)
      return corners ? [`${corners.map((n) => fixed(n, 6)).join(' ')} ${oneWord(labelOf(r))} ${difficulty >= 0 ? difficulty : 0}\n`] : []
    })
    copyImage(target, item, join(at, `images/${name}`))
    writeFile(target, join(at, `labelTxt/${stemOf(name)}.txt`), [...tags, ...(gsd === undefined ? [] : [`gsd:${gsd}\n`]), ...rows].join(''))
  }
  writeFile(target, 'classes.txt', target.labels.map((n) => `${n}\n`).join(''))
}

function fourCorners(shape: Shape): readonly number[] | null {
  if (shape.kind === 'rotated-box') return rotatedBoxRing(shape)
  const rings = outlines(shape)
  if (!rings) return null
  if (rings.length === 1 && rings[0]!.length === 8) return rings[0]!
  const box = smallestBox(rings.flat())
  return box && rotatedBoxRing(box)
}

export default defineFormat({
  id: 'dota',
  order: 130,
  title: properName('DOTA labelTxt'),
  about: { en: 'Rotated boxes by their four corners, one text file per image', ja: '四隅で表す回転矩形。画像ごとに一つのテキスト' },
  extensions: ['.txt'],
  reference: 'https://captain-whu.github.io/DOTA/dataset.html',
  recognises: ({ name, head }) => name.endsWith('.txt') && isDota(head),
  read,
  write,
  images: 'copy',
  losses: {
    ...usualLosses,
    boxes: becomes.unrotated,
    polygons: {
      en: 'become the smallest rotated boxes around them, unless they have four points',
      ja: '四点でないものは、それを囲む最小の回転矩形になります',
    },
    masks: becomes.smallestRotated,
    holes: becomes.lostInBoxes,
    parts: becomes.lostInBoxes,
    polylines: becomes.leftOut,
    keypoints: becomes.leftOut,
    attributes: { en: 'are left out, except “difficult” and “gsd”', ja: '「difficult」と「gsd」だけが残ります' },
    'unlabelled regions': becomes.unlabelledClass,
  },
})
