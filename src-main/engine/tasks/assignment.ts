/**
 * The column of each row with the least total cost (the Hungarian method: Kuhn 1955, Munkres 1957), in
 * O(rows² columns). Needs at least as many columns as rows; costs are finite.
 */
export function assignment(cost: readonly Float64Array[], columns: number): number[] {
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
