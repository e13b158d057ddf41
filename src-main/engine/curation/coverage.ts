/** How far images are from the nearest of those that are labelled or chosen. */
export class Coverage {
  /** [candidates]: squared Euclidean distance to the nearest covered row; infinite while nothing is covered. */
  readonly distances: Float64Array

  /** @param features [n, dim] */
  constructor(
    private readonly features: Float32Array,
    private readonly dim: number,
    private readonly candidates: Int32Array,
    covered: Iterable<number>,
  ) {
    this.distances = new Float64Array(candidates.length).fill(Infinity)
    for (const row of covered) this.cover(row)
  }

  /** Covers a row, which need not be a candidate. @param onNearer is told which candidates this brought nearer */
  cover(row: number, onNearer?: (candidate: number) => void): void {
    const { features: x, dim, candidates, distances } = this
    for (let k = 0; k < candidates.length; k++) {
      const bound = distances[k]!
      const [a, b] = [row * dim, candidates[k]! * dim]
      let sum = 0
      // Once it is beyond what is known, the rest does not matter.
      for (let from = 0; from < dim && sum < bound; from += 64)
        for (let j = from; j < from + 64 && j < dim; j++) sum += (x[a + j]! - x[b + j]!) ** 2
      if (sum >= bound) continue
      distances[k] = sum
      onNearer?.(k)
    }
  }
}

/** Rows that are labelled. */
export function* labelledRows(labels: Int32Array): Generator<number> {
  for (let row = 0; row < labels.length; row++) if (labels[row]! >= 0) yield row
}

/** The candidate nearest to the mean of all candidates: where a covering starts if nothing is labelled. */
export function mostCentral(features: Float32Array, dim: number, candidates: Int32Array): number {
  const mean = new Float64Array(dim)
  for (const row of candidates) for (let j = 0; j < dim; j++) mean[j]! += features[row * dim + j]! / candidates.length
  let [best, least] = [0, Infinity]
  candidates.forEach((row, k) => {
    let sum = 0
    for (let j = 0; j < dim; j++) sum += (features[row * dim + j]! - mean[j]!) ** 2
    if (sum < least) [best, least] = [k, sum]
  })
  return best
}
