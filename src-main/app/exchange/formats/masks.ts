/**
 * Masks as PNG: a pixel's palette index, grey value or colour is its class (Pascal VOC segmentation, CamVid, ADE20K,
 * Cityscapes, Mapillary, CVAT, Datumaro); 255 is ignored. Object masks, if present, separate instances.
 */
import { encode } from 'fast-png'
import path from 'node:path'
import { decodeRle, intervals } from '#shared/geometry/rle.ts'
import { sentence } from '#shared/sentences/table.ts'
import { kindWord, reasonFor, Unfit } from '../findings.ts'
import type { Draft, DraftRegion, Source } from '../draft.ts'
import { becomes, defineFormat, usualLosses } from '../format.ts'
import { hex, type Pixels, readPixels, masksOf } from '../pixels.ts'
import { maskOf } from '../shapes.ts'
import { usualSplit } from '../splits.ts'
import { copyImage, freeName, type Item, needSize, safeName, splitOf, type Target, withoutImagesFolder, writeFile } from '../target.ts'
import { labelOf } from '../unlabelled.ts'
import { isImage, stemOf } from '../tree.ts'
import { maskFolder, pairsOf, stepsOf } from './masks/files.ts'
import { type Classes, classesOf, isBackground, vocColour } from './masks/classes.ts'

const ignored = 255
/** VOC's border around objects. */
const voidColour = 0xe0e0c0

function* read(source: Source): Generator<Draft> {
  const { tree, images, findings, file } = source
  const classes = classesOf(source)
  const splits = splitsOf(source)
  const unpaired = (mask: string) => findings.leave({ file: mask }, sentence('finding.no-image-of-name'))
  for (const { image, classes: own, objects, others } of pairsOf(tree, images, unpaired).values()) {
    const mask = own ?? objects
    if (mask === null || (file !== null && mask !== file)) continue
    for (const other of others) source.took(other)
    const stem = path.posix.basename(stemOf(mask))
    const split =
      listed(splits, mask) ??
      stepsOf(mask)
        .map(usualSplit)
        .find((s) => s !== undefined) ??
      stepsOf(image)
        .map(usualSplit)
        .find((s) => s !== undefined) ??
      null
    try {
      const picture = readPixels(tree.absolute(mask))
      const apart = objects && objects !== mask ? readPixels(tree.absolute(objects)) : null
      const regions = /^ADE_\w+_seg$/.test(stem) ? adeRegions(source, mask, picture) : regionsOf(picture, apart, { mask, objects }, classes)
      yield {
        image: { path: image, exists: true },
        where: { file: mask },
        size: { width: picture.width, height: picture.height },
        regions,
        split,
      }
    } catch (e) {
      findings.leave({ file: mask }, reasonFor(e))
    }
  }
}

/** Splits by image name without extension, from VOC's lists or from one list per split next to the folders. */
function splitsOf({ tree }: Source): Map<string, string> {
  const splits = new Map<string, string>()
  const voc = tree
    .names('ImageSets/Segmentation')
    .filter((n) => n.endsWith('.txt'))
    .map((n) => `ImageSets/Segmentation/${n}`)
  const lists = [...voc, 'train.txt', 'val.txt', 'test.txt'].filter((f) => tree.isFile(f))
  // Images in trainval are also in train or val.
  for (const list of lists.sort((a, b) => Number(/trainval/.test(a)) - Number(/trainval/.test(b)))) {
    const split = path.posix.basename(list, '.txt')
    for (const line of tree.text(list).split(/\r?\n/)) {
      const name = /^(\S+\.\w+)\s+\S+\.\w+$/.exec(line.trim())?.[1] ?? line.trim()
      const stem = isImage(name) ? stemOf(name) : name
      for (const key of isImage(name) ? [stem, path.posix.basename(stem)] : [stem])
        if (key && split !== 'default' && !splits.has(key)) splits.set(key, split)
    }
  }
  return splits
}

/** Matches the longest suffix of the mask's path that a list has. */
function listed(splits: ReadonlyMap<string, string>, mask: string): string | undefined {
  const steps = stemOf(mask).split('/')
  return steps.map((_, i) => splits.get(steps.slice(i).join('/'))).find((s) => s !== undefined)
}

/** Maps a pixel value to its class name, or to null if it is no class. */
function namer(picture: Pixels, classes: Classes, coded = false): (value: number) => string | null {
  if (picture.kind === 'colour')
    return (v) => {
      const known = classes.byColour.get(v)
      return known !== undefined ? (isBackground(known) ? null : known) : v === 0 || v === voidColour ? null : `colour ${hex(v)}`
    }
  // A grey image with two values is one object on background, whatever the bright value is.
  const binary = !coded && picture.kind === 'grey' && !classes.byValue.has(ignored) && picture.values.every((v) => v === 0 || v === ignored)
  return (v) => {
    if (v === ignored && !binary) return null
    // If the palette's order differs from the table's, classes are matched by colour.
    const name = (picture.palette && classes.byColour.get(picture.palette(v))) ?? classes.byValue.get(binary && v === ignored ? 1 : v)
    return name === undefined ? (v === 0 ? null : binary ? 'foreground' : `class ${v}`) : isBackground(name) ? null : name
  }
}

function regionsOf(
  picture: Pixels,
  objects: Pixels | null,
  files: { mask: string; objects: string | null },
  classes: Classes,
): DraftRegion[] {
  const encoded = files.objects === null ? null : codeOf(files.objects, objects ?? picture)
  if (encoded) {
    // Cityscapes and Mapillary encode the class in the object's value.
    const own = objects ?? picture
    const nameOf = namer(own, classes, true)
    return regionsByValue(own, (v) => nameOf(encoded(v)))
  }
  const nameOf = namer(picture, classes)
  if (!objects || objects.values.length !== picture.values.length) return regionsByValue(picture, nameOf)
  // Object masks separate instances; the class is that of the object's first classified pixel.
  const classOf = new Map<number, string>()
  for (let i = 0; i < objects.values.length; i++) {
    const o = objects.values[i]!
    if (!o || classOf.has(o) || (objects.kind === 'colour' && o === voidColour)) continue
    const name = nameOf(picture.values[i]!)
    if (name !== null) classOf.set(o, name)
  }
  return regionsByValue(objects, (v) => classOf.get(v) ?? null)
}

function codeOf(file: string, { kind, values }: Pixels): ((value: number) => number) | null {
  if (kind !== 'grey') return null
  if (/instance_?ids\.png$/i.test(file)) return (v) => (v < 1000 ? v : Math.floor(v / 1000))
  return stepsOf(file).some((s) => /^instances?$/i.test(s)) && values.some((v) => v > 255) ? (v) => v >> 8 : null
}

const regionsByValue = (pixels: Pixels, nameOf: (value: number) => string | null): DraftRegion[] =>
  [...masksOf(pixels, (v) => nameOf(v) === null)]
    .sort(([a], [b]) => a - b)
    .map(([v, rle]) => ({ label: nameOf(v), shape: { kind: 'mask', rle } }))

/**
 * ADE20K: red and green encode the class, blue the object; a text file next to the mask names it: instance # level #
 * occluded # name # …
 */
function adeRegions({ tree }: Source, mask: string, { width, height, values }: Pixels): DraftRegion[] {
  const atr = mask.replace(/_seg\.png$/, '_atr.txt')
  const names = new Map<number, string>()
  if (tree.isFile(atr))
    for (const line of tree.text(atr, 1 << 24).split(/\r?\n/)) {
      const [instance, level, , name] = line.split('#').map((f) => f.trim())
      if (level === '0' && name) names.set(Number(instance), name)
    }
  const objects = new Map(
    [...new Set(values.map((v) => v & 255))]
      .filter((b) => b > 0)
      .sort((a, b) => a - b)
      .map((b, i) => [b, i + 1]),
  )
  const classOf = (v: number) => Math.floor((v >> 16) / 10) * 256 + ((v >> 8) & 255)
  return [...masksOf({ width, height, values }, (v) => classOf(v) === 0)]
    .sort(([a], [b]) => (a & 255) - (b & 255))
    .map(([v, rle]) => ({ label: names.get(objects.get(v & 255) ?? 0) ?? `class ${classOf(v)}`, shape: { kind: 'mask', rle } }))
}

function write(items: Iterable<Item>, target: Target): void {
  if (target.labels.length > 254) throw new Unfit(sentence('finding.too-many-classes', { n: target.labels.length }))
  const ids = new Map(target.labels.map((n, i) => [n, i + 1]))
  const palette = Array.from({ length: 256 }, (_, i) => vocColour(i))
  const sets = new Map<string, string[]>()
  for (const item of items) {
    const { record } = item
    const size = needSize(target, item)
    if (!size) continue
    const name = freeName(target, withoutImagesFolder(record.fileName), (stem) => `SegmentationClass/${stem}.png`)
    const classes = new Uint8Array(size.width * size.height)
    const objects = new Uint8Array(size.width * size.height)
    let object = 0
    for (const r of record.regions ?? []) {
      const rle = maskOf(r.shape, size)
      if (!rle || object >= 254) {
        target.findings.leave(
          { file: record.fileName },
          rle ? sentence('finding.too-many-objects') : sentence('finding.no-area-of', { kind: kindWord(r.shape.kind), label: labelOf(r) }),
        )
        continue
      }
      object++
      const id = ids.get(labelOf(r))!
      const { height, width } = decodeRle(rle)
      for (const [start, end] of intervals(decodeRle(rle)))
        for (let i = start; i < end; i++) {
          const at = (i % height) * width + Math.floor(i / height)
          classes[at] = id
          objects[at] = object
        }
    }
    const png = (data: Uint8Array) => encode({ ...size, data, channels: 1, depth: 8, palette })
    copyImage(target, item, `JPEGImages/${name}`)
    writeFile(target, `SegmentationClass/${stemOf(name)}.png`, png(classes))
    writeFile(target, `SegmentationObject/${stemOf(name)}.png`, png(objects))
    const split = safeName(splitOf(record) ?? 'default')
    const list = sets.get(split) ?? []
    list.push(stemOf(name))
    sets.set(split, list)
  }
  for (const [split, stems] of sets) writeFile(target, `ImageSets/Segmentation/${split}.txt`, stems.map((s) => `${s}\n`).join(''))
  writeFile(target, 'labelmap.txt', ['background', ...target.labels].map((n, i) => `${n}:${vocColour(i).join(',')}::\n`).join(''))
}

export default defineFormat({
  id: 'masks',
  order: 250,
  title: { en: 'Indexed PNG masks', ja: '番号付き PNG マスク' },
  about: { en: 'One PNG of class numbers or colours per image', ja: '画像ごとの、クラス番号または色の画像' },
  extensions: ['.png'],
  reference: 'http://host.robots.ox.ac.uk/pascal/VOC/voc2012/segexamples/index.html',
  recognisesFolder: ({ tree }) => maskFolder(tree) !== undefined,
  read,
  write,
  images: 'copy',
  losses: {
    ...usualLosses,
    boxes: becomes.filledMasks,
    'rotated boxes': becomes.filledMasks,
    polygons: becomes.masks,
    polylines: becomes.leftOut,
    keypoints: becomes.leftOut,
    attributes: becomes.leftOut,
    'unlabelled regions': becomes.unlabelledClass,
    'drawing order': becomes.topmost,
  },
})
