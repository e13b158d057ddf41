/** Labels as a tree, in rows: each below its parent, deeper ones further in. */
import type { Label } from '#shared/model/label.ts'

export interface TreeRow<L> {
  label: L
  depth: number
}

/** Every label once, whatever their parents say: one whose parent is not there, or that lies in a ring, stands at the top. */
export function treeRows<L extends Pick<Label, 'id' | 'parentId'>>(labels: readonly L[]): TreeRow<L>[] {
  const there = new Set(labels.map((l) => l.id))
  const below = new Map<number | null, L[]>()
  for (const l of labels) {
    const parent = l.parentId !== null && there.has(l.parentId) ? l.parentId : null
    const list = below.get(parent)
    if (list) list.push(l)
    else below.set(parent, [l])
  }
  const rows: TreeRow<L>[] = []
  const placed = new Set<number>()
  const place = (label: L, depth: number): void => {
    if (placed.has(label.id)) return
    placed.add(label.id)
    rows.push({ label, depth })
    for (const child of below.get(label.id) ?? []) place(child, depth + 1)
  }
  for (const label of below.get(null) ?? []) place(label, 0)
  for (const label of labels) place(label, 0)
  return rows
}
