/** The label tree flattened into rows: each label below its parent, with its depth. */
import type { Label } from '#shared/model/label.ts'

export interface TreeRow<L> {
  label: L
  depth: number
}

/** Every label exactly once: a label whose parent is missing or that is part of a cycle is at the top level. */
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
