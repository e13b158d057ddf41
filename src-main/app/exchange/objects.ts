/** Regions as objects: an outline and its keypoints, which lie apart here, are one object in most formats. */
import type { RecordRegion } from '#shared/model/record.ts'
import { pointName, skeleton, type Skeleton } from '#shared/model/skeleton.ts'
import { groupAttribute } from './shapes.ts'
import { labelOf } from './unlabelled.ts'

export type ObjectOf<R> = { label: string } & ({ outline: R; points?: R } | { outline?: undefined; points: R })

/** Keypoints join the first outline of the same label and group; those without one are objects of their own. */
export function* objectsOf<R extends RecordRegion>(regions: readonly R[]): Generator<ObjectOf<R>> {
  const keyOf = (r: R) => (r.attributes?.[groupAttribute] === undefined ? null : JSON.stringify([r.label, r.attributes[groupAttribute]]))
  const free = new Map<string, R>()
  for (const r of regions) {
    const key = keyOf(r)
    if (r.shape.kind === 'keypoints' && key && !free.has(key)) free.set(key, r)
  }
  const used = new Set<R>()
  for (const r of regions) {
    if (r.shape.kind === 'keypoints') continue
    const key = keyOf(r) ?? ''
    const points = free.get(key)
    free.delete(key)
    if (points) used.add(points)
    yield { label: labelOf(r), outline: r, ...(points ? { points } : {}) }
  }
  for (const r of regions) if (r.shape.kind === 'keypoints' && !used.has(r)) yield { label: labelOf(r), points: r }
}

export interface Joints {
  names: string[]
  /** By index, from 0. */
  edges: [number, number][]
}

/** The joints that each label has, in one order for all its objects: names as they come, edges by name. */
export class JointBook {
  private readonly labels = new Map<string, Joints>()

  /** The order for this label, with what these keypoints add to it. */
  add(
    label: string,
    {
      points,
      edges = [],
    }: { points: readonly { name?: string | undefined }[]; edges?: readonly (readonly [number, number])[] | undefined },
  ): Joints {
    const joints = this.labels.get(label) ?? { names: [], edges: [] }
    this.labels.set(label, joints)
    const at = points.map((p, i) => {
      const name = pointName(p, i)
      const known = joints.names.indexOf(name)
      return known >= 0 ? known : joints.names.push(name) - 1
    })
    for (const [a, b] of edges) {
      const [p, q] = [at[a], at[b]]
      if (p !== undefined && q !== undefined && !joints.edges.some(([s, t]) => s === p && t === q)) joints.edges.push([p, q])
    }
    return joints
  }

  /** What the label's skeleton says, whether or not any object has it all. */
  declare(label: string, { points, edges }: Skeleton): void {
    this.add(label, { points: points.map((name) => ({ name })), edges })
  }

  of(label: string): Joints | undefined {
    return this.labels.get(label)
  }

  get size(): number {
    return Math.max(0, ...[...this.labels.values()].map((j) => j.names.length))
  }

  [Symbol.iterator]() {
    return this.labels[Symbol.iterator]()
  }
}

export { pointName as jointName }

/** The name of the point at a place of a list; none where it is only that of its place. */
export const namedAt = (name: string | undefined, i: number): { name?: string } => (name && name !== pointName({}, i) ? { name } : {})

/** A skeleton as a file tells it; undefined where it makes none, or names no point. */
export function skeletonFrom(
  names: readonly string[],
  edges: readonly (readonly [number, number])[],
  layout?: unknown,
): Skeleton | undefined {
  // Points that only have the names of their places, and that nothing joins, are a list of points.
  if (edges.length === 0 && names.every((name, i) => name === pointName({}, i))) return undefined
  const once = new Map<string, readonly [number, number]>()
  for (const [a, b] of edges) if (a !== b) once.set(JSON.stringify([a, b]), [a, b])
  const given = { points: names, edges: [...once.values()].filter((e) => e.every((i) => i >= 0 && i < names.length)) }
  return skeleton.safeParse({ ...given, layout }).data ?? skeleton.safeParse(given).data
}
