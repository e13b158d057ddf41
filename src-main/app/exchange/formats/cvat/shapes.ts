/** Shapes and attributes of CVAT's elements. */
import { rleFromBitmap } from '#shared/geometry/rle.ts'
import type { AttributeDefinition } from '#shared/model/attribute.ts'
import type { Keypoint, Shape } from '#shared/model/shape.ts'
import { edgesOf, type Skeleton } from '#shared/model/skeleton.ts'
import { sentence } from '#shared/sentences/table.ts'
import { type Said, Unfit } from '../../findings.ts'
import type { Size } from '../../draft.ts'
import { boxBetween, ellipseRing, hullOf, toRing } from '../../shapes.ts'
import { numberOf, type XmlElement } from '../../xml.ts'
import { namedAt } from '../../objects.ts'

const pointsOf = (e: XmlElement) => (e.attributes['points'] ?? '').split(';').flatMap((p) => p.split(',').map(numberOf))

export function shapeOf(e: XmlElement, size: Size, skeleton?: Skeleton | null): { shape: Shape; changed?: Said } {
  const n = (name: string) => numberOf(e.attributes[name])
  switch (e.name) {
    case 'box': {
      const box = boxBetween(n('xtl'), n('ytl'), n('xbr'), n('ybr'))
      const angle = n('rotation')
      if (!angle || box.kind !== 'box') return { shape: box }
      // Rotated clockwise about the centre.
      return { shape: { kind: 'rotated-box', cx: box.x + box.w / 2, cy: box.y + box.h / 2, w: box.w, h: box.h, angle } }
    }
    case 'polygon': {
      const ring = toRing(pointsOf(e))
      if (!ring) throw new Unfit(sentence('finding.three-points'))
      return { shape: { kind: 'polygon', parts: [[ring]] } }
    }
    case 'polyline': {
      const points = pointsOf(e)
      if (points.length < 4 || points.length % 2) throw new Unfit(sentence('finding.two-points'))
      return { shape: { kind: 'polyline', points } }
    }
    case 'points': {
      const flat = pointsOf(e)
      if (flat.length < 2 || flat.length % 2) throw new Unfit(sentence('finding.no-point'))
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
      if (points.length === 0) throw new Unfit(sentence('finding.no-point'))
      const edges = edgesOf({ kind: 'keypoints', points }, skeleton).map(([a, b]): [number, number] => [a, b])
      return { shape: { kind: 'keypoints', points, ...(edges.length ? { edges } : {}) } }
    }
    case 'ellipse': {
      const ring = ellipseRing(n('cx'), n('cy'), n('rx'), n('ry'), n('rotation') || 0)
      return { shape: { kind: 'polygon', parts: [[ring]] }, changed: sentence('finding.ellipse') }
    }
    case 'mask':
      return { shape: maskShape(e, size) }
    case 'cuboid': {
      const corners = cuboidOf(e)
      const ring = toRing(hullOf(corners).flat())
      if (!ring) throw new Unfit(sentence('finding.corners-no-area'))
      return {
        shape: { kind: 'polygon', parts: [[ring]] },
        changed: sentence('finding.cuboid'),
      }
    }
    default:
      throw new Unfit(sentence('finding.unknown-shape'))
  }
}

/** Front and back faces: top left, bottom left, top right, bottom right. */
const cuboidOf = (e: XmlElement) =>
  ['1', '2'].flatMap((side) =>
    ['tl', 'bl', 'tr', 'br'].flatMap((corner) => [
      numberOf(e.attributes[`x${corner}${side}`]),
      numberOf(e.attributes[`y${corner}${side}`]),
    ]),
  )

/** Row-major runs within the mask's bounding box, starting with zeros. */
function maskShape(e: XmlElement, { width, height }: Size): Shape {
  const [left, top, w, h] = ['left', 'top', 'width', 'height'].map((k) => numberOf(e.attributes[k])) as [number, number, number, number]
  const runs = (e.attributes['rle'] ?? '').split(',').map(numberOf)
  if (![left, top, w, h].every(Number.isInteger) || w <= 0 || h <= 0) throw new Unfit(sentence('finding.cvat-mask-numbers'))
  if (!(width > 0 && height > 0 && width * height < 2 ** 28)) throw new Unfit(sentence('finding.size-not-annotated'))
  if (!runs.every((r) => Number.isInteger(r) && r >= 0)) throw new Unfit(sentence('finding.run-not-whole'))
  const sum = runs.reduce((s, r) => s + r, 0)
  if (sum !== w * h) throw new Unfit(sentence('finding.runs-cover', { n: sum, width: w, height: h }))
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

/** Text that looks like a number becomes one, unless the attribute is defined as a choice or text. */
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
