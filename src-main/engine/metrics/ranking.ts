/**
 * Average precision of a ranking: Σ (Rₙ − Rₙ₋₁)·Pₙ without interpolation, as in scikit-learn's
 * average_precision_score; equal scores form one step. NaN if nothing is relevant.
 *
 * @param relevant [n], 1 or true if the item is relevant
 */
export function averagePrecision(scores: ArrayLike<number>, relevant: ArrayLike<number | boolean>): number {
  const order = Array.from({ length: scores.length }, (_, i) => i).sort((i, j) => scores[j]! - scores[i]!)
  let hits = 0
  let sum = 0
  let stepHits = 0
  order.forEach((item, at) => {
    if (relevant[item]) stepHits++
    const next = order[at + 1]
    if (next !== undefined && scores[next] === scores[item]) return
    hits += stepHits
    sum += (stepHits * hits) / (at + 1)
    stepHits = 0
  })
  return sum / hits
}
