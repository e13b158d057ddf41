/** Groups regions into objects: an outline and its keypoints are separate regions here but one object in most formats. */
import type { RecordRegion } from '#shared/model/record.ts'
import { pointName, skeleton, type Skeleton } from '#shared/model/skeleton.ts'
import { groupAttribute } from './shapes.ts'
import { labelOf } from './unlabelled.ts'

export type ObjectOf<R> = { label: string } & ({ outline: R; points?: R } | { outline?: undefined; points: R })

/** Keypoints join the first outline with the same label and group; keypoints without one are objects of their own. */
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
  /** Pairs of zero-based indices. */
  edges: [number, number][]
}

/** The joints of each label in one order shared by all its objects: names in order of appearance, edges by name. */
export class JointBook {
  private readonly labels = new Map<string, Joints>()

  /** Adds these keypoints to the label's joints and returns their order. */
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

  /** Adds the label's whole skeleton, even if no object has all of it. */
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

/** The point's name, omitted if it is only the default name of its index. */
export const namedAt = (name: string | undefined, i: number): { name?: string } => (name && name !== pointName({}, i) ? { name } : {})

/** A skeleton read from a file; undefined if invalid, or if no point is named. */
export function skeletonFrom(
  names: readonly string[],
  edges: readonly (readonly [number, number])[],
  layout?: unknown,
): Skeleton | undefined {
  // Points with default names and no edges are a plain list of points.
  if (edges.length === 0 && names.every((name, i) => name === pointName({}, i))) return undefined
  const once = new Map<string, readonly [number, number]>()
  for (const [a, b] of edges) if (a !== b) once.set(JSON.stringify([a, b]), [a, b])
  const given = { points: names, edges: [...once.values()].filter((e) => e.every((i) => i >= 0 && i < names.length)) }
  return skeleton.safeParse({ ...given, layout }).data ?? skeleton.safeParse(given).data
}
