/** A skeleton: the named points of a label's regions, the edges between them, and their initial layout. */
import { z } from 'zod'
import { limits } from './limits.ts'
import { keypoint, type Box, type KeypointsShape } from './shape.ts'
import { text } from './text.ts'

const part = z.number().min(0).max(1)
const joint = z.number().int().nonnegative()

export const skeleton = z
  .object({
    points: z
      .array(
        text()
          .min(1)
          .max(limits.name)
          .refine((name) => name.trim() !== '', 'expected a name'),
      )
      .min(1)
      .max(limits.list),
    /** Pairs of points by index, from 0. */
    edges: z
      .array(z.tuple([joint, joint]))
      .max(limits.edges)
      .default([]),
    /** Each point's initial position within the box in which the skeleton is drawn: 0 to 1 from its top-left corner. */
    layout: z.array(z.tuple([part, part])).optional(),
  })
  .superRefine(({ points, edges, layout }, context) => {
    const refuse = (path: (string | number)[], message: string) => context.addIssue({ code: 'custom', path, message })
    const seen = new Set<string>()
    for (const [i, name] of points.entries()) {
      if (seen.has(name)) refuse(['points', i], `${JSON.stringify(name)} occurs twice`)
      seen.add(name)
    }
    for (const [i, [a, b]] of edges.entries()) {
      if (a >= points.length || b >= points.length) refuse(['edges', i], 'an edge refers to a point that does not exist')
      else if (a === b) refuse(['edges', i], 'an edge joins a point to itself')
    }
    if (layout && layout.length !== points.length) refuse(['layout'], `expected a place for each of the ${points.length} points`)
  })
export type Skeleton = z.infer<typeof skeleton>

/** COCO's seventeen points of a person, standing. */
const person: Record<string, [number, number]> = {
  nose: [0.5, 0.08],
  left_eye: [0.56, 0.05],
  right_eye: [0.44, 0.05],
  left_ear: [0.63, 0.07],
  right_ear: [0.37, 0.07],
  left_shoulder: [0.76, 0.2],
  right_shoulder: [0.24, 0.2],
  left_elbow: [0.92, 0.37],
  right_elbow: [0.08, 0.37],
  left_wrist: [1, 0.53],
  right_wrist: [0, 0.53],
  left_hip: [0.67, 0.53],
  right_hip: [0.33, 0.53],
  left_knee: [0.7, 0.76],
  right_knee: [0.3, 0.76],
  left_ankle: [0.72, 1],
  right_ankle: [0.28, 1],
}

export const cocoPerson: Skeleton = {
  points: Object.keys(person),
  // As in COCO, but counted from 0.
  edges: [
    [15, 13],
    [13, 11],
    [16, 14],
    [14, 12],
    [11, 12],
    [5, 11],
    [6, 12],
    [5, 6],
    [5, 7],
    [6, 8],
    [7, 9],
    [8, 10],
    [1, 2],
    [0, 1],
    [0, 2],
    [1, 3],
    [2, 4],
    [3, 5],
    [4, 6],
  ],
  layout: Object.values(person),
}

/** The given layout; else COCO's person if it has all the points; else an ellipse, starting at the top. */
export function layoutOf({ points, layout }: Skeleton): readonly (readonly [number, number])[] {
  if (layout) return layout
  if (points.every((name) => Object.hasOwn(person, name))) return points.map((name) => person[name]!)
  if (points.length === 1) return [[0.5, 0.5]]
  return points.map((_, i) => {
    const a = (2 * Math.PI * i) / points.length
    return [0.5 + Math.sin(a) / 2, 0.5 - Math.cos(a) / 2]
  })
}

/** All points within a box, visible. */
export function placedIn(box: Box, given: Skeleton): KeypointsShape {
  const layout = layoutOf(given)
  return {
    kind: 'keypoints',
    points: given.points.map((name, i) => ({ name, x: box.x + layout[i]![0] * box.w, y: box.y + layout[i]![1] * box.h, v: 2 })),
    ...(given.edges.length ? { edges: given.edges } : {}),
  }
}

/** A point's name within its object. */
export const pointName = (p: { name?: string | undefined }, i: number) => p.name ?? `point ${i + 1}`

/** The edges between points: their own or, if they have none, those of their label's skeleton, matched by name. */
export function edgesOf(shape: KeypointsShape, given: Skeleton | null | undefined): readonly (readonly [number, number])[] {
  if (shape.edges?.length || !given?.edges.length) return shape.edges ?? []
  const at = new Map(shape.points.map((p, i) => [pointName(p, i), i]))
  return given.edges.flatMap(([a, b]): [number, number][] => {
    const [p, q] = [at.get(given.points[a]!), at.get(given.points[b]!)]
    return p === undefined || q === undefined ? [] : [[p, q]]
  })
}

/** The skeleton derived from hand-drawn points; null if two of them share a name or none is visible. */
export function skeletonOf(shape: KeypointsShape): Skeleton | null {
  const seen = shape.points.filter((p) => p.v > 0)
  if (!seen.length) return null
  const [xs, ys] = [seen.map((p) => p.x), seen.map((p) => p.y)]
  const [x, y, w, h] = [Math.min(...xs), Math.min(...ys), Math.max(...xs) - Math.min(...xs), Math.max(...ys) - Math.min(...ys)]
  const within = (v: number, from: number, size: number) => (size > 0 ? Math.round(1e4 * ((v - from) / size)) / 1e4 : 0.5)
  const parsed = skeleton.safeParse({
    points: shape.points.map(pointName),
    edges: (shape.edges ?? []).filter(([a, b]) => a !== b),
    layout: shape.points.map((p) => (p.v > 0 ? [within(p.x, x, w), within(p.y, y, h)] : [0.5, 0.5])),
  })
  return parsed.data ?? null
}

/**
 * Updates points after their label's skeleton changed. They are renamed by index if the number of points is
 * unchanged, and get the new edges if they had the old ones. Returns the same object if nothing changes.
 */
export function followed(shape: KeypointsShape, before: Skeleton | null, after: Skeleton | null): KeypointsShape {
  if (!before || !after) return shape
  const renamed = new Map<string, string>()
  if (before.points.length === after.points.length)
    for (const [i, name] of before.points.entries()) {
      const now = after.points[i]!
      if (name !== now && !after.points.includes(name) && !before.points.includes(now)) renamed.set(name, now)
    }
  const names = shape.points.map(pointName)
  const points = names.some((n) => renamed.has(n))
    ? shape.points.map((p, i) => (renamed.has(names[i]!) ? { ...p, name: renamed.get(names[i]!)! } : p))
    : shape.points
  const key = (edges: readonly (readonly [number, number])[]) => JSON.stringify(edges)
  const { edges: _, ...bare } = shape
  const asBefore = key(shape.edges ?? []) === key(edgesOf(bare, before))
  const now = points.map(pointName)
  const joined = asBefore ? edgesOf({ kind: 'keypoints', points: now.map((name) => ({ name, x: 0, y: 0, v: 2 })) }, after) : shape.edges
  if (points === shape.points && key(joined ?? []) === key(shape.edges ?? [])) return shape
  return { ...bare, points, ...(joined?.length ? { edges: joined.map(([a, b]): [number, number] => [a, b]) } : {}) }
}

export const visibility = keypoint.shape.v
export type Visibility = z.infer<typeof visibility>
