/** Indexed PNG masks, as the Pascal VOC segmentation folders: the palette index, grey value or colour of a pixel is its class; 255 is ignored. */
import { decode, encode } from 'fast-png'
import { readFileSync, statSync } from 'node:fs'
import path from 'node:path'
import { decodeRle, encodeRle, intervals, runsFromIntervals } from '#shared/geometry/rle.ts'
import type { Rle } from '#shared/model/shape.ts'
import type { Draft, DraftRegion, Source } from '../draft.ts'
import { message } from '../findings.ts'
import { type Format, usualLosses } from '../format.ts'
import { checkPng } from '../png.ts'
import { maskOf } from '../shapes.ts'
import { copyImage, freeName, type Item, labelOf, needSize, safeName, splitOf, type Target, withoutImagesFolder, writeFile } from '../target.ts'
import { join, stemOf, type Tree } from '../tree.ts'

const maskFolders = ['SegmentationClass', 'masks', 'mask', 'annotations', 'labels', 'gtFine']
const imageFolders = ['JPEGImages', 'images', 'image', 'img', 'leftImg8bit', '']
const ignored = 255

export const maskFolder = (tree: Tree) => maskFolders.find((f) => tree.isFolder(f) && [...firstFiles(tree, f)].some((n) => n.endsWith('.png')))

function* firstFiles(tree: Tree, folder: string): Generator<string> {
  let n = 0
  for (const file of tree.files(folder)) {
    if (n++ > 50) return
    yield file
  }
}

/** Pixel values, and for pictures in colour the colours that they stand for. Row-major. */
interface Picture {
  width: number
  height: number
  values: Uint16Array
  /** '#rrggbb' of a value; null where the value itself counts (index or grey). */
  colourOf: ((value: number) => string) | null
  palette: ((value: number) => string) | null
}

/** A PNG as class values: palette indices unexpanded, grey values, or colours numbered as they come. */
export function readPicture(file: string): Picture {
  if (statSync(file).size > 2 ** 28) throw new Error('larger than 256 MB')
  const bytes = readFileSync(file)
  const { depth, colour } = checkPng(bytes)
  const png = decode(bytes)
  const { width, height } = png
  const values = new Uint16Array(width * height)
  if (colour === 0 || colour === 3 || colour === 4) {
    if (depth < 8) {
      const stride = Math.ceil((width * depth) / 8)
      const packed = png.data.length === stride * height
      for (let y = 0; y < height; y++)
        for (let x = 0; x < width; x++)
          values[y * width + x] = packed ? (png.data[y * stride + ((x * depth) >> 3)]! >> (8 - depth - ((x * depth) & 7))) & ((1 << depth) - 1) : png.data[y * width + x]!
    } else for (let i = 0; i < values.length; i++) values[i] = png.data[i * png.channels]!
    const palette = png.palette
    return { width, height, values, colourOf: null, palette: palette ? (v) => hex(palette[v]?.[0] ?? 0, palette[v]?.[1] ?? 0, palette[v]?.[2] ?? 0) : null }
  }
  const number = new Map<number, number>([[0, 0]]) // black is the background
  const colours = [0]
  const shift = depth === 16 ? 8 : 0
  for (let i = 0; i < values.length; i++) {
    const [r, g, b] = [png.data[i * png.channels]! >> shift, png.data[i * png.channels + 1]! >> shift, png.data[i * png.channels + 2]! >> shift]
    const c = (r << 16) | (g << 8) | b
    let v = number.get(c)
    if (v === undefined) {
      if (colours.length > 4096) throw new Error('more than 4096 colours, expected one a class')
      number.set(c, (v = colours.length))
      colours.push(c)
    }
    values[i] = v
  }
  return { width, height, values, colourOf: (v) => hex(colours[v]! >> 16, (colours[v]! >> 8) & 255, colours[v]! & 255), palette: null }
}

const hex = (r: number, g: number, b: number) => `#${[r, g, b].map((v) => v.toString(16).padStart(2, '0')).join('')}`

/** One mask a value, in one pass over the columns. */
function masksOf({ width, height, values }: Pick<Picture, 'width' | 'height' | 'values'>, skip: (value: number) => boolean): Map<number, Rle> {
  const found = new Map<number, [number, number][]>()
  for (let x = 0; x < width; x++)
    for (let y = 0; y < height; ) {
      const v = values[y * width + x]!
      let end = y + 1
      while (end < height && values[end * width + x] === v) end++
      if (!skip(v)) {
        const list = found.get(v)
        if (list) list.push([x * height + y, x * height + end])
        else found.set(v, [[x * height + y, x * height + end]])
      }
      y = end
    }
  return new Map([...found].map(([v, list]) => [v, encodeRle(runsFromIntervals(height, width, list))]))
}

interface Classes {
  byValue: Map<number, string>
  byColour: Map<string, string>
}

/** labelmap.txt (`name:r,g,b::`, in the order of the values), or classes.txt with a name a line. */
function classesOf(source: Source): Classes {
  const { tree, findings } = source
  const classes: Classes = { byValue: new Map(), byColour: new Map() }
  const labelmap = tree.isFile('labelmap.txt') ? 'labelmap.txt' : undefined
  const list = ['classes.txt', 'labels.txt', 'class_names.txt'].find((f) => tree.isFile(f))
  const lines = (f: string) => tree.text(f, 1 << 24).split(/\r?\n/).filter((l) => l.trim() && !l.startsWith('#'))
  if (labelmap)
    lines(labelmap).forEach((l, i) => {
      // A name may hold colons; the last three fields are colour, parts and actions.
      const m = /^(.*):\s*(?:(\d+)\s*,\s*(\d+)\s*,\s*(\d+)\s*)?:[^:]*:[^:]*$/.exec(l)
      if (!m) return findings.leave({ file: labelmap }, `${l}: expected name:r,g,b::`)
      classes.byValue.set(i, m[1]!.trim())
      if (m[2]) classes.byColour.set(hex(Number(m[2]), Number(m[3]), Number(m[4])), m[1]!.trim())
    })
  else if (list) {
    const names = lines(list).map((l) => l.trim())
    // A list that does not name the background begins with class 1.
    const first = /^_*(background|bg|ignore|void)_*$/i.test(names[0] ?? '') ? 0 : 1
    names.forEach((n, i) => classes.byValue.set(i + first, n))
  }
  // Without colours of its own a list has VOC's.
  if (classes.byColour.size === 0) for (const [i, n] of classes.byValue) classes.byColour.set(hex(...vocColour(i)), n)
  source.declareLabels([...classes.byValue.values()].filter((n) => !isBackground(n)))
  return classes
}

const isBackground = (name: string) => /^_*(background|bg|ignored?|void)_*$/i.test(name)

function* read(source: Source): Generator<Draft> {
  const { tree, images, findings, file } = source
  const folder = file === null ? (maskFolder(tree) ?? '') : path.posix.dirname(file) === '.' ? '' : path.posix.dirname(file)
  const classes = classesOf(source)
  const splits = new Map<string, string>()
  for (const split of ['train', 'val', 'test']) {
    const list = `ImageSets/Segmentation/${split}.txt`
    if (tree.isFile(list)) for (const l of tree.text(list).split(/\r?\n/)) if (l.trim()) splits.set(l.trim(), split)
  }
  for (const mask of file === null ? tree.files(folder, findings) : [file]) {
    if (!mask.toLowerCase().endsWith('.png')) continue
    const stem = stemOf(mask.slice(folder ? folder.length + 1 : 0))
    const sub = path.posix.dirname(stem) === '.' ? '' : path.posix.dirname(stem)
    const base = path.posix.basename(stem)
    const image = imageFolders.filter((f) => f !== folder).flatMap((f) => [base, base.replace(/[-_]?mask$/i, ''), base.replace('_gtFine_labelIds', '_leftImg8bit')].flatMap((s) => images.imagesByStem(join(f, sub), s)))[0]
    if (!image) {
      findings.leave({ file: mask }, 'no image of that name')
      continue
    }
    const own = splits.get(stem) ?? (/^(train|val|test)$/.test(sub.split('/')[0]!) ? sub.split('/')[0] : null)
    try {
      const picture = readPicture(tree.absolute(mask))
      const objects = folder === 'SegmentationClass' && tree.isFile(`SegmentationObject/${stem}.png`) ? readPicture(tree.absolute(`SegmentationObject/${stem}.png`)) : null
      const regions = regionsOf(picture, objects, classes)
      yield { image: { path: image, exists: true }, where: { file: mask }, size: { width: picture.width, height: picture.height }, regions, split: own ?? null }
    } catch (e) {
      findings.leave({ file: mask }, message(e))
    }
  }
}

function regionsOf(picture: Picture, objects: Picture | null, classes: Classes): DraftRegion[] {
  const nameOf = (v: number): string | null => {
    if (picture.colourOf) {
      const colour = picture.colourOf(v)
      return v === 0 || colour === '#e0e0c0' ? null : (classes.byColour.get(colour) ?? `colour ${colour}`)
    }
    if (v === ignored) return null
    // A palette in another order than the label map is known by its colours.
    const byColour = picture.palette && classes.byColour.get(picture.palette(v))
    return byColour ?? classes.byValue.get(v) ?? (v === 0 ? null : `class ${v}`)
  }
  const usable = (v: number) => {
    const name = nameOf(v)
    return name !== null && !isBackground(name)
  }
  if (!objects || objects.values.length !== picture.values.length)
    return [...masksOf(picture, (v) => !usable(v))].sort(([a], [b]) => a - b).map(([v, rle]) => ({ label: nameOf(v), shape: { kind: 'mask', rle } }))
  // Object masks tell instances apart; the class is that of the object's first pixel with one.
  const classOf = new Map<number, number>()
  for (let i = 0; i < objects.values.length; i++) {
    const o = objects.values[i]!
    if (o && !classOf.has(o) && usable(picture.values[i]!)) classOf.set(o, picture.values[i]!)
  }
  return [...masksOf(objects, (v) => !classOf.has(v))].sort(([a], [b]) => a - b).map(([v, rle]) => ({ label: nameOf(classOf.get(v)!), shape: { kind: 'mask', rle } }))
}

/** The VOC colour map: bits of the index spread over the channels, the highest first. */
export function vocColour(index: number): [number, number, number] {
  const c: [number, number, number] = [0, 0, 0]
  for (let bit = 0, id = index; bit < 8; bit++, id >>= 3) for (let k = 0; k < 3; k++) c[k]! |= ((id >> k) & 1) << (7 - bit)
  return c
}

function write(items: Iterable<Item>, target: Target): void {
  if (target.labels.length > 254) throw new Error(`${target.labels.length} classes, an indexed PNG has room for 254`)
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
        target.findings.leave({ file: record.fileName }, rle ? 'more than 254 objects, an indexed PNG has room for no more' : `${r.shape.kind} of ${labelOf(r)}: it has no area`)
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

export const masks: Format = {
  name: 'masks',
  title: 'Indexed PNG masks',
  read,
  write,
  images: 'copy',
  losses: {
    ...usualLosses,
    boxes: 'become filled masks', 'rotated boxes': 'become filled masks', polygons: 'become masks', polylines: 'are left out', keypoints: 'are left out',
    attributes: 'are left out', 'unlabelled regions': 'get the class “unlabelled”',
    'drawing order': 'decides which object a pixel belongs to; what lies below is lost',
  },
}
