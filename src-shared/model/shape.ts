/**
 * Geometry of a region, in pixels of the upright image (EXIF orientation already applied): x to the right, y down, the
 * origin at the top-left corner of the top-left pixel, so that the centre of that pixel is (0.5, 0.5). Float64.
 */
import { z } from 'zod'
import { text } from './text.ts'

/** A closed ring of vertices as one flat list x0, y0, x1, y1, …; the last vertex is joined to the first, not repeated. */
export const ring = z.array(z.number()).min(6).refine((r) => r.length % 2 === 0, 'expected pairs of x and y')
/** The outer ring first, then its holes. */
export const polygonPart = z.array(ring).min(1)

export const box = z.object({ x: z.number(), y: z.number(), w: z.number().nonnegative(), h: z.number().nonnegative() })

/** COCO's compressed run lengths: column-major, size [height, width], counts as a 6-bit LEB128 string. */
export const rle = z.object({
  size: z.tuple([z.number().int().nonnegative(), z.number().int().nonnegative()]),
  counts: z.string(),
})

/** v as in COCO: 0 not labelled, 1 labelled but hidden, 2 visible. */
export const keypoint = z.object({ name: text().optional(), x: z.number(), y: z.number(), v: z.union([z.literal(0), z.literal(1), z.literal(2)]) })

export const boxShape = box.extend({ kind: z.literal('box') })
/** Centre, size along its own axes, and `angle` in degrees, clockwise as seen on the screen. */
export const rotatedBoxShape = z.object({
  kind: z.literal('rotated-box'),
  cx: z.number(),
  cy: z.number(),
  w: z.number().nonnegative(),
  h: z.number().nonnegative(),
  angle: z.number(),
})
export const polygonShape = z.object({ kind: z.literal('polygon'), parts: z.array(polygonPart).min(1) })
export const maskShape = z.object({ kind: z.literal('mask'), rle })
export const polylineShape = z.object({
  kind: z.literal('polyline'),
  points: z.array(z.number()).min(4).refine((r) => r.length % 2 === 0, 'expected pairs of x and y'),
})
/** A single point is one keypoint. `edges` joins points by index, from 0. */
export const keypointsShape = z.object({
  kind: z.literal('keypoints'),
  points: z.array(keypoint).min(1),
  edges: z.array(z.tuple([z.number().int().nonnegative(), z.number().int().nonnegative()])).optional(),
})

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
