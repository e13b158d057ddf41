/**
 * Geometry of a region, in pixels of the upright image (EXIF orientation already applied): x to the right, y down, the
 * origin at the top-left corner of the top-left pixel, so that the centre of that pixel is (0.5, 0.5). Float64.
 */
import { z } from 'zod'
import { limits } from './limits.ts'
import { rleProblem } from '../geometry/rle-counts.ts'
import { text } from './text.ts'

const coordinate = z.number().min(-limits.coordinate).max(limits.coordinate)
const extent = z
  .number()
  .nonnegative()
  .max(2 * limits.coordinate)
/**
 * Pairs of x and y as one flat list. The bound is checked once for the whole list, since there may be a million
 * numbers.
 */
const flat = (least: number) =>
  z
    .array(z.number())
    .min(2 * least)
    .max(limits.ring)
    .refine((r) => r.length % 2 === 0, 'expected pairs of x and y')
    .refine(
      (r) => r.every((v) => v >= -limits.coordinate && v <= limits.coordinate),
      `expected coordinates of at most ${limits.coordinate}`,
    )
const side = z.number().int().nonnegative().max(limits.side)

/**
 * A closed ring of vertices as one flat list x0, y0, x1, y1, …; the last vertex connects to the first, which is not
 * repeated.
 */
export const ring = flat(3)
/** The outer ring first, then its holes. */
export const polygonPart = z.array(ring).min(1).max(limits.parts)

export const box = z.object({ x: coordinate, y: coordinate, w: extent, h: extent })

/**
 * COCO's compressed run lengths: column-major, size [height, width], counts as a 6-bit LEB128 string that covers
 * exactly that size.
 */
export const rle = z.object({ size: z.tuple([side, side]), counts: z.string() }).superRefine((mask, context) => {
  const problem = rleProblem(mask)
  if (problem) context.addIssue({ code: 'custom', path: ['counts'], message: problem })
})

/** v as in COCO: 0 not labelled, 1 labelled but hidden, 2 visible. */
export const keypoint = z.object({
  name: text().max(limits.name).optional(),
  x: coordinate,
  y: coordinate,
  v: z.union([z.literal(0), z.literal(1), z.literal(2)]),
})

export const boxShape = box.extend({ kind: z.literal('box') })
/** Centre, size along its own axes, and `angle` in degrees, clockwise as seen on the screen. */
export const rotatedBoxShape = z.object({
  kind: z.literal('rotated-box'),
  cx: coordinate,
  cy: coordinate,
  w: extent,
  h: extent,
  angle: z.number().min(-1e6).max(1e6),
})
export const polygonShape = z.object({ kind: z.literal('polygon'), parts: z.array(polygonPart).min(1).max(limits.parts) })
export const maskShape = z.object({ kind: z.literal('mask'), rle })
export const polylineShape = z.object({
  kind: z.literal('polyline'),
  points: flat(2),
})
/** A single point is one keypoint. `edges` joins points by index, from 0. */
export const keypointsShape = z
  .object({
    kind: z.literal('keypoints'),
    points: z.array(keypoint).min(1).max(limits.keypoints),
    edges: z
      .array(z.tuple([z.number().int().nonnegative(), z.number().int().nonnegative()]))
      .max(limits.edges)
      .optional(),
  })
  .refine(
    ({ points, edges }) => edges?.every(([a, b]) => a < points.length && b < points.length) ?? true,
    'an edge refers to a point that does not exist',
  )

export const shape = z.discriminatedUnion('kind', [boxShape, rotatedBoxShape, polygonShape, maskShape, polylineShape, keypointsShape])

export type Ring = z.infer<typeof ring>
export type PolygonPart = z.infer<typeof polygonPart>
export type Box = z.infer<typeof box>
export type Rle = z.infer<typeof rle>
export type Keypoint = z.infer<typeof keypoint>
export type BoxShape = z.infer<typeof boxShape>
export type RotatedBoxShape = z.infer<typeof rotatedBoxShape>
export type PolygonShape = z.infer<typeof polygonShape>
export type MaskShape = z.infer<typeof maskShape>
export type PolylineShape = z.infer<typeof polylineShape>
export type KeypointsShape = z.infer<typeof keypointsShape>
export type Shape = z.infer<typeof shape>
export type ShapeKind = Shape['kind']
