/** Maximum-weight matching: pairs items of two lists, each at most once, maximising the sum of the pairs' weights. */
import { UnionFind } from '../../engine/curation/index.ts'

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

/** The column of each row with the least total cost; needs at least as many columns as rows. O(rows² columns). */
function assignment(cost: readonly Float64Array[], columns: number): number[] {
  const rows = cost.length
  const [u, v] = [new Float64Array(rows + 1), new Float64Array(columns + 1)]
  /** Row of each column, 1-based; 0: free. */
  const rowOf = new Int32Array(columns + 1)
  const way = new Int32Array(columns + 1)
  for (let i = 1; i <= rows; i++) {
    rowOf[0] = i
    let j0 = 0
    const least = new Float64Array(columns + 1).fill(Infinity)
    const used = new Uint8Array(columns + 1)
    do {
      used[j0] = 1
      const i0 = rowOf[j0]!
      let [delta, j1] = [Infinity, 0]
      for (let j = 1; j <= columns; j++) {
        if (used[j]) continue
        const reduced = cost[i0 - 1]![j - 1]! - u[i0]! - v[j]!
        if (reduced < least[j]!) [least[j], way[j]] = [reduced, j0]
        if (least[j]! < delta) [delta, j1] = [least[j]!, j]
      }
      for (let j = 0; j <= columns; j++)
        if (used[j]) {
          u[rowOf[j]!]! += delta
          v[j]! -= delta
        } else least[j]! -= delta
      j0 = j1
    } while (rowOf[j0] !== 0)
    do {
      const before = way[j0]!
      rowOf[j0] = rowOf[before]!
      j0 = before
    } while (j0 !== 0)
  }
  const columnOf = new Array<number>(rows).fill(-1)
  for (let j = 1; j <= columns; j++) if (rowOf[j]) columnOf[rowOf[j]! - 1] = j - 1
  return columnOf
}
