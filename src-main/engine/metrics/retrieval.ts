/**
 * Recall@k of retrieval: the fraction of queries with at least one relevant candidate among their k most similar.
 * Ties count against the query, so that a collapsed model with constant similarities retrieves nothing.
 *
 * @param similarity [queries, candidates] row-major
 * @param relevant the relevant candidates of each query; a query without any is a miss
 * @returns one number in [0, 1] per entry of `ks`
 */
export function recallAtK(similarity: ArrayLike<number>, relevant: readonly (readonly number[])[], ks: readonly number[]): number[] {
  const queries = relevant.length
  const candidates = similarity.length / queries
  if (!Number.isInteger(candidates))
    throw new RangeError(`recall: ${similarity.length} similarities are not a whole row for each of ${queries} queries`)
  const ranks = relevant.map((wanted, q) => {
    const row = q * candidates
    const best = wanted.reduce((max, c) => Math.max(max, similarity[row + c]!), -Infinity)
    const isWanted = new Set(wanted)
    let before = 0
    for (let c = 0; c < candidates; c++) if (!isWanted.has(c) && similarity[row + c]! >= best) before++
    return wanted.length ? before : Infinity
  })
  return ks.map((k) => ranks.filter((rank) => rank < k).length / queries)
}
