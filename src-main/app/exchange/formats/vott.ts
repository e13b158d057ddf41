/** Microsoft VoTT (github.com/microsoft/VoTT): an export of the whole project or one file per image, and version 1's frames. */
import type { Shape } from '#shared/model/shape.ts'
import { properName } from '#shared/model/words.ts'
import { sentence } from '#shared/sentences/table.ts'
import { reasonFor, Unfit } from '../findings.ts'
import type { Draft, DraftRegion, Source } from '../draft.ts'
import { isObject, numberOf, withAttributes } from '../fields.ts'
import { defineFormat } from '../format.ts'
import { imageNamed, jsonOf, outside, ownFiles, splitBy } from '../lookup.ts'
import type { Peek } from '../peek.ts'
import { boxBetween, boxOf, polygonOf, snap, toRing } from '../shapes.ts'

type Fields = Record<string, unknown>

const recognises = ({ name, has, outline }: Peek) =>
  name.endsWith('.json') &&
  outline.root === 'object' &&
  ((has('asset') && has('regions')) ||
    (outline.keys.has('assets') && has('tags') && has('regions')) ||
    (outline.keys.has('frames') && (has('inputTags') || has('visitedFrames') || has('framerate'))))

function* read(source: Source): Generator<Draft> {
  const seen = new Set<string>()
  const files = ownFiles(source, recognises)
  // The whole project is read before its single-image files.
  const ranked = files
    .map((file) => ({ file, json: source.tree.peek(file).outline.keys.has('asset') }))
    .sort((a, b) => Number(a.json) - Number(b.json))
  for (const { file } of ranked) {
    const json = jsonOf(source, file)
    if (!isObject(json)) {
      if (json !== undefined) source.findings.leave({ file }, sentence('finding.vott'))
      continue
    }
    const tags = Array.isArray(json['tags'])
      ? json['tags'].flatMap((t) => (isObject(t) && typeof t['name'] === 'string' ? [t['name']] : []))
      : []
    source.declareLabels(tags)
    if (isObject(json['frames'])) {
      yield* frames(source, file, json)
      continue
    }
    const assets = isObject(json['asset'])
      ? [json]
      : Object.values(isObject(json['assets']) || Array.isArray(json['assets']) ? json['assets'] : {}).filter(isObject)
    for (const entry of assets) {
      const asset = isObject(entry['asset']) ? entry['asset'] : entry
      const id = typeof asset['id'] === 'string' ? asset['id'] : `${file} ${String(asset['name'])}`
      if (seen.has(id)) continue
      seen.add(id)
      const draft = draftOf(source, file, asset, entry['regions'])
      if (draft) yield draft
    }
  }
}

function draftOf({ images, findings }: Source, file: string, asset: Fields, given: unknown): Draft | null {
  const names = [asset['name'], asset['path']]
    .filter((n): n is string => typeof n === 'string' && n !== '')
    .map((n) => safeDecode(n.replace(/^file:/, '')))
  const found = names.map((n) => imageNamed(images, n, file))
  const image = found.find((f) => f?.exists) ?? found.find((f) => f)
  if (!image) {
    findings.leave({ file }, outside('asset.name', asset['name']))
    return null
  }
  if (asset['timestamp'] !== undefined && !image.exists)
    findings.leave({ file }, sentence('finding.video-frame', { image: image.path, at: String(asset['timestamp']) }))
  const regions = (Array.isArray(given) ? given : []).filter(isObject).flatMap((r, i): DraftRegion[] => {
    try {
      const tags = Array.isArray(r['tags']) ? r['tags'].map(String) : []
      const rest = Object.fromEntries(Object.entries(r).filter(([k]) => !['id', 'type', 'tags', 'boundingBox', 'points'].includes(k)))
      return [{ label: tags[0] ?? null, shape: shapeOf(r), ...withAttributes(rest, tags.length > 1 ? { tags } : undefined) }]
    } catch (e) {
      findings.leave({ file }, sentence('in-field', { field: `${image.path}: regions.${i}`, problem: reasonFor(e) }))
      return []
    }
  })
  const size = isObject(asset['size']) ? { width: numberOf(asset['size']['width']), height: numberOf(asset['size']['height']) } : undefined
  return { image, where: { file }, regions, split: splitBy(image.path, file), ...(size && size.width > 0 ? { size } : {}) }
}

const safeDecode = (s: string) => {
  try {
    return decodeURIComponent(s)
  } catch {
    return s
  }
}

function shapeOf(r: Fields): Shape {
  const points = Array.isArray(r['points']) ? r['points'].filter(isObject).flatMap((p) => [numberOf(p['x']), numberOf(p['y'])]) : []
  const type = String(r['type'] ?? 'RECTANGLE').toUpperCase()
  if (type === 'POLYGON') {
    const ring = toRing(points)
    if (!ring) throw new Unfit(sentence('finding.polygon-points', { n: points.length / 2 }))
    return polygonOf(ring)
  }
  if (type === 'POLYLINE' && points.length >= 4) return { kind: 'polyline', points }
  if (type === 'POINT' && points.length === 2) return { kind: 'keypoints', points: [{ x: points[0]!, y: points[1]!, v: 2 }] }
  if (type !== 'RECTANGLE' && type !== 'SQUARE') throw new Unfit(sentence('finding.unknown-type', { type: String(type) }))
  const b = r['boundingBox']
  if (isObject(b)) return boxOf(...(['left', 'top', 'width', 'height'].map((k) => numberOf(b[k])) as [number, number, number, number]))
  const [xs, ys] = [points.filter((_, i) => i % 2 === 0), points.filter((_, i) => i % 2)]
  if (xs.length < 2) throw new Unfit(sentence('finding.no-box-no-points'))
  return boxBetween(Math.min(...xs), Math.min(...ys), Math.max(...xs), Math.max(...ys))
}

/** Version 1: lists of boxes by image name, each scaled to the size it states. */
function* frames({ images, findings, declareLabels }: Source, file: string, json: Fields): Generator<Draft> {
  if (typeof json['inputTags'] === 'string') declareLabels(json['inputTags'].split(',').map((t) => t.trim()))
  for (const [name, list] of Object.entries(json['frames'] as Fields)) {
    const image = imageNamed(images, name, file)
    if (!image) {
      findings.leave({ file }, outside('frames', name))
      continue
    }
    const boxes = (Array.isArray(list) ? list : []).filter(isObject)
    yield {
      image,
      where: { file },
      split: splitBy(image.path, file),
      regions: (size) =>
        boxes.map((b): DraftRegion => {
          const [w, h] = [numberOf(b['width']), numberOf(b['height'])]
          const [sx, sy] = w > 0 && h > 0 ? [size.width / w, size.height / h] : [1, 1]
          const tags = Array.isArray(b['tags']) ? b['tags'].map(String) : []
          const [x1, y1, x2, y2] = ['x1', 'y1', 'x2', 'y2'].map((k) => numberOf(b[k])) as [number, number, number, number]
          return {
            label: tags[0] ?? null,
            shape: boxBetween(snap(x1 * sx), snap(y1 * sy), snap(x2 * sx), snap(y2 * sy)),
            ...withAttributes(tags.length > 1 ? { tags } : undefined),
          }
        }),
    }
  }
}

export default defineFormat({
  id: 'vott',
  order: 60,
  title: properName('VoTT JSON'),
  about: {
    en: 'Microsoft’s Visual Object Tagging Tool, a whole project or one file per image',
    ja: 'Microsoft の Visual Object Tagging Tool（プロジェクト全体または画像ごと）',
  },
  extensions: ['.json'],
  reference: 'https://github.com/microsoft/VoTT',
  recognises,
  beside: true,
  read,
})
