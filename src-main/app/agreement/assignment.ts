/** Maximum-weight matching: pairs items of two lists, each at most once, maximising the sum of the pairs' weights. */
import { UnionFind } from '../../engine/curation/index.ts'
import { assignment } from '../../engine/tasks/index.ts'

export interface WeightedPair {
  a: number
  b: number
  /** Above 0. */
  weight: number
}

/**
 * Chooses among the given pairs. Each connected component is solved separately by the Hungarian method (Kuhn 1955,
 * Munkres 1957).
 */
export function bestPairs(pairs: readonly WeightedPair[]): WeightedPair[] {
  return components(pairs).flatMap((group) => (group.length === 1 ? group : solved(group)))
}

/** Connected components of pairs that share items, in the given order. */
function components(pairs: readonly WeightedPair[]): WeightedPair[][] {
  const sets = new UnionFind(pairs.length)
  for (const side of ['a', 'b'] as const) {
    const first = new Map<number, number>()
    pairs.forEach((pair, k) => (first.has(pair[side]) ? sets.union(first.get(pair[side])!, k) : first.set(pair[side], k)))
  }
  const groups = new Map<number, WeightedPair[]>()
  pairs.forEach((pair, k) => {
    const group = groups.get(sets.find(k))
    if (group) group.push(pair)
    else groups.set(sets.find(k), [pair])
  })
  return [...groups.values()]
}

function solved(group: readonly WeightedPair[]): WeightedPair[] {
  const [as, bs] = [[...new Set(group.map((p) => p.a))], [...new Set(group.map((p) => p.b))]]
  const turned = as.length > bs.length
  const [rows, columns] = turned ? [bs, as] : [as, bs]
  const [rowAt, columnAt] = [new Map(rows.map((id, i) => [id, i])), new Map(columns.map((id, i) => [id, i]))]
  const known = new Map<number, WeightedPair>()
  const cost = rows.map(() => new Float64Array(columns.length))
  for (const pair of group) {
    const [i, j] = turned ? [rowAt.get(pair.b)!, columnAt.get(pair.a)!] : [rowAt.get(pair.a)!, columnAt.get(pair.b)!]
    cost[i]![j] = -pair.weight
    known.set(i * columns.length + j, pair)
  }
  // A row assigned to a column without a given pair stays unpaired.
  return assignment(cost, columns.length).flatMap((j, i) => known.get(i * columns.length + j) ?? [])
}
