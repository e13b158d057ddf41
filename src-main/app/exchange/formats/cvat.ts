/** CVAT XML 1.1 for images: docs.cvat.ai, "CVAT for images". */
import { DashiError, errorLine } from '#shared/errors.ts'
import { decodeRle, rleBox, rleFromBitmap, rleToBitmap } from '#shared/geometry/rle.ts'
import type { AttributeDefinition } from '#shared/model/attribute.ts'
import type { RecordLabel, RecordRegion } from '#shared/model/record.ts'
import type { Keypoint, Shape } from '#shared/model/shape.ts'
import { edgesOf, type Skeleton } from '#shared/model/skeleton.ts'
import type { Draft, DraftRegion, Size, Source } from '../draft.ts'
import { definitionsOf, definitionXml } from '../cvat-attributes.ts'
import { skeletonOfSvg, skeletonXml } from '../cvat-skeleton.ts'
import { message } from '../findings.ts'
import { type Format, usualLosses } from '../format.ts'
import { jointName, namedAt } from '../objects.ts'
import { boxBetween, ellipseRing, groupAttribute, hasHoles, hullOf, joinParts, maskOf, outlines, toRing } from '../shapes.ts'
import { copyImage, type Item, labelOf, openText, safeName, splitOf, type Target, type TextFile, withoutImagesFolder } from '../target.ts'
import type { Peek } from '../peek.ts'
import { splitOfFile } from '../splits.ts'
import { findImage } from '../tree.ts'
import { childText, escapeXml, numberOf, type XmlElement, xmlElements } from '../xml.ts'
import { writeVideos } from './cvat-video.ts'
import { isVideo, readTracks } from './cvat-tracks.ts'

const isCvat = ({ name, head }: Peek) => name.endsWith('.xml') && /<annotations[\s>]/.test(head)

function* read(source: Source): Generator<Draft> {
  const { tree, file, findings } = source
  for (const name of file === null ? tree.files('', findings) : [file]) {
    const rules: Rules = new Map()
    const parts = new Map<string, string[]>()
    const declared = () => declare(source, rules, parts)
    if (!name.endsWith('.xml') || (file === null && !isCvat(tree.peek(name)))) continue
    try {
      if (isVideo(tree.peek(name).head)) {
        yield* readTracks(source, name)
        continue
      }
      for (const e of xmlElements(tree.absolute(name), new Set(['image', 'track', 'label']))) {
        if (e.name === 'track')
          findings.leave({ file: name, line: e.line }, `track of ${e.attributes['label'] ?? ''}: of a video, among images`)
        else if (e.name === 'label') {
          const label = childText(e, 'name')
          const parent = childText(e, 'parent')
          if (label && parent) parts.set(parent, [...(parts.get(parent) ?? []), label])
          if (!label || parent) continue
          const attributes = definitionsOf(e, (reason) =>
            findings.change({ file: name, line: e.line }, `label ${label}: ${reason}; left without a definition`),
          )
          rules.set(label, { attributes, svg: childText(e, 'svg') ?? '', skeleton: null })
        } else {
          declared()
          const draft = draftOf(source, name, e, rules)
          if (draft) yield draft
        }
      }
      declared()
    } catch (e) {
      if (!(e instanceof DashiError) || file !== null) throw e
      findings.leave({ file: name }, errorLine(e))
    }
  }
}

/** Label → its attributes and points, as the file defines them before the images. */
type Rules = Map<string, { attributes: AttributeDefinition[]; svg: string; skeleton: Skeleton | null | undefined; told?: true }>

/** A label is only known when those below it, which are its points, are. */
function declare(source: Source, rules: Rules, parts: ReadonlyMap<string, readonly string[]>): void {
  for (const [name, rule] of rules) {
    if (rule.told) continue
    rule.told = true
    rule.skeleton = skeletonOfSvg(rule.svg, parts.get(name) ?? [])
    source.declareLabels([{ name, attributes: rule.attributes, skeleton: rule.skeleton }])
  }
}

function draftOf({ images, findings }: Source, file: string, e: XmlElement, rules: Rules): Draft | null {
  const { name = '', width, height, subset } = e.attributes
  const where = { file, line: e.line }
  const image = findImage(images, name, ['', 'images', ...(subset ? [`images/${subset}`, subset] : [])])
  if (!image) {
    findings.leave(where, `image ${JSON.stringify(name)}: a path outside the folder, and no image of that name in it`)
    return null
  }
  const size = { width: numberOf(width), height: numberOf(height) }
  const labels: RecordLabel[] = []
  const regions: (DraftRegion & { group?: string | undefined })[] = []
  for (const c of e.children) {
    const label = c.attributes['label'] || null
    try {
      if (c.name === 'tag') {
        if (label) labels.push({ label })
        continue
      }
      const rule = rules.get(label ?? '')
      const { shape, changed } = shapeOf(c, size, rule?.skeleton)
      if (changed) findings.change({ file, line: c.line }, changed)
      const attributes = attributesOf(c, rule?.attributes)
      const group = c.attributes['group_id']
      if (group && Number(group) !== 0 && shape.kind !== 'polygon') attributes[groupAttribute] = Number(group)
      const z = Number(c.attributes['z_order'] ?? 0)
      regions.push({
        label,
        shape,
        line: c.line,
        group: group && Number(group) !== 0 ? group : undefined,
        ...(Number.isInteger(z) && z !== 0 ? { z } : {}),
        ...(Object.keys(attributes).length ? { attributes } : {}),
      })
    } catch (problem) {
      findings.leave({ file, line: c.line }, `${c.name}: ${message(problem)}`)
    }
  }
  return { image, where, size, split: splitOfImage(subset, file), labels, regions: joinParts(regions) }
}

/** CVAT names the subset; other writers have a file for each. */
const splitOfImage = (subset: string | undefined, file: string) => (subset ? (subset === 'default' ? null : subset) : splitOfFile(file))

const pointsOf = (e: XmlElement) => (e.attributes['points'] ?? '').split(';').flatMap((p) => p.split(',').map(numberOf))

export function shapeOf(e: XmlElement, size: Size, skeleton?: Skeleton | null): { shape: Shape; changed?: string } {
  const n = (name: string) => numberOf(e.attributes[name])
  switch (e.name) {
    case 'box': {
      const box = boxBetween(n('xtl'), n('ytl'), n('xbr'), n('ybr'))
      const angle = n('rotation')
      if (!angle || box.kind !== 'box') return { shape: box }
      // Turned clockwise about its centre.
      return { shape: { kind: 'rotated-box', cx: box.x + box.w / 2, cy: box.y + box.h / 2, w: box.w, h: box.h, angle } }
    }
    case 'polygon': {
      const ring = toRing(pointsOf(e))
      if (!ring) throw new Error('fewer than three points')
      return { shape: { kind: 'polygon', parts: [[ring]] } }
    }
    case 'polyline': {
      const points = pointsOf(e)
      if (points.length < 4 || points.length % 2) throw new Error('fewer than two points')
      return { shape: { kind: 'polyline', points } }
    }
    case 'points': {
      const flat = pointsOf(e)
      if (flat.length < 2 || flat.length % 2) throw new Error('no point')
      return {
        shape: {
          kind: 'keypoints',
          points: Array.from({ length: flat.length / 2 }, (_, i) => ({ x: flat[2 * i]!, y: flat[2 * i + 1]!, v: 2 })),
        },
      }
    }
    case 'skeleton': {
      const points = e.children
        .filter((c) => c.name === 'points')
        .map((c, i): Keypoint => {
          const [x = NaN, y = NaN] = pointsOf(c)
          const v = c.attributes['outside'] === '1' ? 0 : c.attributes['occluded'] === '1' ? 1 : 2
          return { ...namedAt(c.attributes['label'], i), x: v ? x : 0, y: v ? y : 0, v }
        })
      if (points.length === 0) throw new Error('no point')
      const edges = edgesOf({ kind: 'keypoints', points }, skeleton).map(([a, b]): [number, number] => [a, b])
      return { shape: { kind: 'keypoints', points, ...(edges.length ? { edges } : {}) } }
    }
    case 'ellipse': {
      const ring = ellipseRing(n('cx'), n('cy'), n('rx'), n('ry'), n('rotation') || 0)
      return { shape: { kind: 'polygon', parts: [[ring]] }, changed: 'an ellipse became a polygon of 64 points' }
    }
    case 'mask':
      return { shape: maskShape(e, size) }
    case 'cuboid': {
      const corners = cuboidOf(e)
      const ring = toRing(hullOf(corners).flat())
      if (!ring) throw new Error('its corners have no area')
      return {
        shape: { kind: 'polygon', parts: [[ring]] },
        changed: 'a cuboid became the polygon around it, with its corners as an attribute',
      }
    }
    default:
      throw new Error('a shape that is not known')
  }
}

/** Of the front and of the back: top left, bottom left, top right, bottom right. */
const cuboidOf = (e: XmlElement) =>
  ['1', '2'].flatMap((side) =>
    ['tl', 'bl', 'tr', 'br'].flatMap((corner) => [
      numberOf(e.attributes[`x${corner}${side}`]),
      numberOf(e.attributes[`y${corner}${side}`]),
    ]),
  )

/** Row-major runs within the mask's own box, zeros first. */
function maskShape(e: XmlElement, { width, height }: Size): Shape {
  const [left, top, w, h] = ['left', 'top', 'width', 'height'].map((k) => numberOf(e.attributes[k])) as [number, number, number, number]
  const runs = (e.attributes['rle'] ?? '').split(',').map(numberOf)
  if (![left, top, w, h].every(Number.isInteger) || w <= 0 || h <= 0) throw new Error('left, top, width and height must be whole numbers')
  if (!(width > 0 && height > 0 && width * height < 2 ** 28)) throw new Error('the size of the image is not annotated')
  if (!runs.every((r) => Number.isInteger(r) && r >= 0)) throw new Error('a run that is not a whole number from 0')
  const sum = runs.reduce((s, r) => s + r, 0)
  if (sum !== w * h) throw new Error(`runs cover ${sum} pixels, expected ${w} × ${h}`)
  const bitmap = new Uint8Array(width * height)
  let at = 0
  runs.forEach((run, i) => {
    if (i % 2)
      for (let k = at; k < at + run; k++) {
        const [x, y] = [left + (k % w), top + Math.floor(k / w)]
        if (x >= 0 && y >= 0 && x < width && y < height) bitmap[y * width + x] = 1
      }
    at += run
  })
  return { kind: 'mask', rle: rleFromBitmap(bitmap, height, width) }
}

/** A text that looks like a number is one, unless it is a choice or a text by its definition. */
export function attributesOf(e: XmlElement, rules: readonly AttributeDefinition[] = []): Record<string, string | number | boolean> {
  const isText = (name: string) => rules.some((r) => r.name === name && (r.type === 'choice' || r.type === 'text'))
  const out: Record<string, string | number | boolean> = {}
  if (e.attributes['occluded'] === '1' && e.name !== 'skeleton') out['occluded'] = true
  if (e.name === 'cuboid') out['cuboid'] = cuboidOf(e).join(' ')
  for (const a of e.children)
    if (a.name === 'attribute' && a.attributes['name'])
      out[a.attributes['name']] = isText(a.attributes['name'])
        ? a.text
        : a.text === 'true'
          ? true
          : a.text === 'false'
            ? false
            : a.text !== '' && String(Number(a.text)) === a.text
              ? Number(a.text)
              : a.text
  return out
}

/** A file for each split: its readers take the subset of a file for that of all its images. */
function write(given: Iterable<Item>, target: Target): void {
  // Sequences that have tracks are videos there.
  const items: Iterable<Item> = target.summary.counts.tracks ? writeVideos([...given], target) : given
  if (Array.isArray(items) && items.length === 0) return
  const labels = target.labels
    .map((n) => {
      const { attributes = [], skeleton } = target.schema.get(n) ?? {}
      const defined = attributes.map(definitionXml).join('')
      const joints = target.joints.of(n)
      if (joints && (joints.edges.length || joints.names.some((name, i) => name !== jointName({}, i))))
        return skeletonXml(n, joints, joints.names.length === skeleton?.points.length ? skeleton.layout : undefined, defined)
      return `<label><name>${escapeXml(n)}</name><attributes>${defined}</attributes></label>`
    })
    .join('\n')
  const files = new Map<string, TextFile>()
  const fileOf = (split: string | null) => {
    const name = split === null ? 'annotations' : safeName(split)
    let out = files.get(name)
    if (!out) {
      files.set(name, (out = openText(target, `${name}.xml`)))
      out.write(
        `<?xml version="1.0" encoding="utf-8"?>\n<annotations>\n<version>1.1</version>\n<meta><task><name>${escapeXml(name)}</name><mode>annotation</mode><labels>\n${labels}\n</labels></task></meta>\n`,
      )
    }
    return out
  }
  if (target.summary.images === 0) fileOf(null)
  let id = 0
  for (const item of items) {
    const { record } = item
    const name = withoutImagesFolder(record.fileName)
    const split = splitOf(record)
    const out = fileOf(split)
    copyImage(target, item, `images/${name}`)
    out.write(
      `<image id="${id++}" name="${escapeXml(name)}"${split ? ` subset="${escapeXml(split)}"` : ''} width="${record.width ?? 0}" height="${record.height ?? 0}">\n`,
    )
    for (const l of record.labels ?? []) out.write(`  <tag label="${escapeXml(l.label)}" source="manual"></tag>\n`)
    let group = Math.max(0, ...(record.regions ?? []).map((r: RecordRegion) => Number(r.attributes?.[groupAttribute]) || 0))
    for (const r of record.regions ?? []) {
      const elements = elementsOf(r, record.width && record.height ? { width: record.width, height: record.height } : null)
      if (!elements)
        target.findings.leave({ file: record.fileName }, `${r.shape.kind} of ${labelOf(r)}: the size of the image is not known`)
      const own = r.attributes?.[groupAttribute]
      const id = elements && elements.length > 1 ? ++group : typeof own === 'number' ? own : 0
      const common = `label="${escapeXml(labelOf(r))}" source="${r.author?.kind === 'checkpoint' ? 'auto' : 'manual'}" occluded="${r.attributes?.['occluded'] === true ? 1 : 0}"${id ? ` group_id="${id}"` : ''} z_order="${r.z ?? 0}"`
      const attributes = Object.entries(r.attributes ?? {})
        .filter(([k, v]) => !(k === 'occluded' && v === true) && !(k === groupAttribute && id))
        .map(([k, v]) => `    <attribute name="${escapeXml(k)}">${escapeXml(String(v))}</attribute>\n`)
        .join('')
      for (const { tag, own, inner = '' } of elements ?? []) out.write(`  <${tag} ${common} ${own}>\n${inner}${attributes}  </${tag}>\n`)
    }
    out.write('</image>\n')
  }
  for (const out of files.values()) {
    out.write('</annotations>\n')
    out.close()
  }
}

const points = (flat: readonly number[]) => Array.from({ length: flat.length / 2 }, (_, i) => `${flat[2 * i]},${flat[2 * i + 1]}`).join(';')

export function elementsOf({ shape }: RecordRegion, size: Size | null): { tag: string; own: string; inner?: string }[] | null {
  switch (shape.kind) {
    case 'box':
      return [{ tag: 'box', own: `xtl="${shape.x}" ytl="${shape.y}" xbr="${shape.x + shape.w}" ybr="${shape.y + shape.h}"` }]
    case 'rotated-box': {
      const { cx, cy, w, h, angle } = shape
      return [
        {
          tag: 'box',
          own: `xtl="${cx - w / 2}" ytl="${cy - h / 2}" xbr="${cx + w / 2}" ybr="${cy + h / 2}" rotation="${((angle % 360) + 360) % 360}"`,
        },
      ]
    }
    case 'polyline':
      return [{ tag: 'polyline', own: `points="${points(shape.points)}"` }]
    case 'keypoints': {
      if (!shape.edges?.length && shape.points.every((p) => p.name === undefined && p.v === 2))
        return [{ tag: 'points', own: `points="${points(shape.points.flatMap((p) => [p.x, p.y]))}"` }]
      const inner = shape.points
        .map(
          (p, i) =>
            `    <points label="${escapeXml(jointName(p, i))}" outside="${p.v === 0 ? 1 : 0}" occluded="${p.v === 1 ? 1 : 0}" points="${p.x},${p.y}"></points>\n`,
        )
        .join('')
      return [{ tag: 'skeleton', own: '', inner }]
    }
    case 'polygon':
      if (!hasHoles(shape)) return outlines(shape)!.map((ring) => ({ tag: 'polygon', own: `points="${points(ring)}"` }))
  }
  if (shape.kind === 'polygon' && !size) return null
  const rle = maskOf(shape, size ?? { width: 0, height: 0 })!
  const { x, y, w, h } = rleBox(rle)
  const width = decodeRle(rle).width
  const bits = rleToBitmap(rle)
  const runs: number[] = []
  let [value, run] = [0, 0]
  for (let row = 0; row < h; row++)
    for (let col = 0; col < w; col++) {
      const bit = bits[(y + row) * width + x + col]!
      if (bit === value) run++
      else {
        runs.push(run)
        ;[value, run] = [bit, 1]
      }
    }
  runs.push(run)
  return [{ tag: 'mask', own: `rle="${runs.join(', ')}" left="${x}" top="${y}" width="${w}" height="${h}"` }]
}

const { 'image labels': _, 'drawing order': __, skeletons: ___, ...without } = usualLosses
export const cvat: Format = {
  name: 'cvat',
  title: 'CVAT XML 1.1',
  recognises: isCvat,
  read,
  write,
  images: 'none',
  losses: {
    ...without,
    'attribute definitions': 'are kept, but for which are required',
    holes: 'are kept: the polygons that have them become masks',
    'unlabelled regions': 'get the label “unlabelled”',
  },
}
