/** Regions as objects: an outline and its keypoints, which lie apart here, are one object in most formats. */
import type { RecordRegion } from '#shared/model/record.ts'
import { groupAttribute } from './shapes.ts'
import { labelOf } from './target.ts'

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
  add(label: string, { points, edges = [] }: { points: readonly { name?: string | undefined }[]; edges?: readonly (readonly [number, number])[] | undefined }): Joints {
    const joints = this.labels.get(label) ?? { names: [], edges: [] }
    this.labels.set(label, joints)
    const at = points.map((p, i) => {
      const name = jointName(p, i)
      const known = joints.names.indexOf(name)
      return known >= 0 ? known : joints.names.push(name) - 1
    })
    for (const [a, b] of edges) {
      const [p, q] = [at[a], at[b]]
      if (p !== undefined && q !== undefined && !joints.edges.some(([s, t]) => s === p && t === q)) joints.edges.push([p, q])
    }
    return joints
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

/** The name that a point goes by within its object. */
export const jointName = (p: { name?: string | undefined }, i: number) => p.name ?? `point ${i + 1}`
