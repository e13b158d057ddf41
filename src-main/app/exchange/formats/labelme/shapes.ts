/** Converts LabelMe's shapes. */
import { decode } from 'fast-png'
import { z } from 'zod'
import { rleFromBitmap } from '#shared/geometry/rle.ts'
import type { Attributes } from '#shared/model/region.ts'
import { keypointsShape, type Shape } from '#shared/model/shape.ts'
import { sentence } from '#shared/sentences/table.ts'
import { type Said, Unfit } from '../../findings.ts'
import { attributesFrom } from '../../attributes.ts'
import type { Size } from '../../draft.ts'
import { provenance } from '../../provenance.ts'
import { checkPng } from '../../png.ts'
import { boxBetween, ellipseRing, rotatedFromCorners, toRing } from '../../shapes.ts'

const coordinate = z
  .number()
  .nullable()
  .transform((n) => n ?? NaN)
export const flags = z.record(z.string(), z.unknown()).nullish().catch(null)
export const labelmeShape = z.looseObject({
  label: z
    .union([z.string(), z.number()])
    .nullish()
    .transform((l) => (l == null ? null : String(l))),
  points: z.array(z.tuple([coordinate, coordinate])),
  group_id: z.union([z.number(), z.string()]).nullish(),
  shape_type: z.string().nullish(),
  flags,
  description: z.string().nullish(),
  mask: z.string().nullish(),
  attributes: z.record(z.string(), z.unknown()).nullish().catch(null),
  /** Angle of a rotated box in radians; redundant, as the corners are as exact. */
  direction: z.number().nullish().catch(null),
  /** Extra fields of our own files. */
  dashi: provenance.extend({ points: keypointsShape.shape.points.optional(), edges: keypointsShape.shape.edges }).nullish().catch(null),
})
export const labelmeFile = z.looseObject({
  shapes: z.array(z.unknown()),
  imagePath: z.string().nullish(),
  imageHeight: z.number().nullish(),
  imageWidth: z.number().nullish(),
  flags,
  tags: z
    .array(z.union([z.string(), z.number()]))
    .nullish()
    .catch(null),
  description: z.string().nullish().catch(null),
  caption: z.string().nullish().catch(null),
  imageData: z.string().nullish().catch(null),
})

const ofShapes = new Set(Object.keys(labelmeShape.shape))
export const others = (o: Record<string, unknown>, known: ReadonlySet<string>) =>
  Object.fromEntries(Object.entries(o).filter(([k]) => !known.has(k)))

/** Attributes of X-AnyLabeling and of tools that write into the shape itself; a false `difficult` flag is dropped. */
export function attributesOf(s: z.output<typeof labelmeShape>): Attributes {
  const all = attributesFrom(others(s, ofShapes), s.attributes, s.flags)
  if (all['difficult'] === false) delete all['difficult']
  return all
}

export function shapeOf(s: z.output<typeof labelmeShape>, size: Size): { shape: Shape; changed?: Said } {
  const p = s.points
  const flat = p.flat()
  const [a, b] = p
  const need = (n: number) => {
    if (p.length < n) throw new Unfit(sentence('finding.points-least', { kind: s.shape_type ?? 'polygon', n: p.length, least: n }))
  }
  switch (s.shape_type ?? 'polygon') {
    case 'rectangle':
      need(2)
      if (p.length === 2) return { shape: boxBetween(...a!, ...b!) }
      if (p.length === 4) return { shape: cornersShape(flat) } // X-AnyLabeling writes the four corners
      throw new Unfit(sentence('finding.rectangle-points', { n: p.length }))
    case 'rotation':
    case 'oriented_rectangle':
      need(4)
      return { shape: rotatedFromCorners(flat.slice(0, 8)) ?? { kind: 'polygon', parts: [[flat]] } }
    case 'circle': {
      need(2)
      const r = Math.hypot(b![0] - a![0], b![1] - a![1])
      return { shape: { kind: 'polygon', parts: [[ellipseRing(...a!, r, r)]] }, changed: sentence('finding.circle') }
    }
    case 'point':
    case 'points':
      need(1)
      if (s.dashi?.points)
        return { shape: { kind: 'keypoints', points: s.dashi.points, ...(s.dashi.edges?.length ? { edges: s.dashi.edges } : {}) } }
      return { shape: { kind: 'keypoints', points: p.map(([x, y]) => ({ x, y, v: 2 })) } }
    case 'line':
    case 'linestrip':
      need(2)
      return { shape: { kind: 'polyline', points: flat } }
    case 'mask': {
      need(2)
      return { shape: decodeMask(s.mask, Math.round(Math.min(a![0], b![0])), Math.round(Math.min(a![1], b![1])), size) }
    }
    case 'polygon': {
      const ring = toRing(flat)
      if (!ring) throw new Unfit(sentence('finding.polygon-points', { n: p.length }))
      const turned = s.direction != null && rotatedFromCorners(flat)
      return { shape: turned || { kind: 'polygon', parts: [[ring]] } }
    }
    case 'cuboid':
      need(8)
      return { shape: { kind: 'polygon', parts: [[flat.slice(0, 8)], [flat.slice(8, 16)]] }, changed: sentence('finding.cuboid-faces') }
    default: {
      const ring = toRing(flat)
      if (!ring) throw new Unfit(sentence('finding.unknown-shape-type', { type: String(s.shape_type) }))
      return {
        shape: { kind: 'polygon', parts: [[ring]] },
        ...(s.shape_type === 'quadrilateral' ? {} : { changed: sentence('finding.shape-as-polygon', { type: String(s.shape_type) }) }),
      }
    }
  }
}

/** Four corners become an upright box, a rotated box or a polygon. */
function cornersShape(p: readonly number[]): Shape {
  const [ax, ay, bx, by, cx, cy, dx, dy] = p as [number, number, number, number, number, number, number, number]
  const upright = (ax === dx && bx === cx && ay === by && cy === dy) || (ax === bx && cx === dx && ay === dy && by === cy)
  return upright ? boxBetween(ax, ay, cx, cy) : (rotatedFromCorners(p) ?? { kind: 'polygon', parts: [[[...p]]] })
}

/** A base64 PNG of the mask's bounding box, placed at (left, top). */
function decodeMask(base64: string | null | undefined, left: number, top: number, { width, height }: Size): Shape {
  if (!base64) throw new Unfit(sentence('finding.mask-without-data'))
  if (!(width > 0 && height > 0 && width * height < 2 ** 28)) throw new Unfit(sentence('finding.mask-no-size'))
  const bytes = Buffer.from(base64, 'base64')
  checkPng(bytes)
  const png = decode(bytes)
  const bitmap = new Uint8Array(width * height)
  const perRow = png.depth < 8 ? Math.ceil((png.width * png.channels * png.depth) / 8) : 0
  for (let y = 0; y < png.height; y++)
    for (let x = 0; x < png.width; x++) {
      const value = perRow
        ? (png.data[y * perRow + Math.floor((x * png.depth) / 8)]! >> (8 - png.depth - ((x * png.depth) % 8))) & ((1 << png.depth) - 1)
        : png.data[(y * png.width + x) * png.channels]!
      if (value && x + left >= 0 && x + left < width && y + top >= 0 && y + top < height) bitmap[(y + top) * width + x + left] = 1
    }
  return { kind: 'mask', rle: rleFromBitmap(bitmap, height, width) }
}
