/** Given labels that are probably wrong. */
export interface ConfidentLearning {
  /** [k]: mean probability of a class over the images labelled with it. NaN for a class without images. */
  readonly thresholds: Float64Array
  /** [k, k]: number of images by given label (row) and confident class (column), row-major. */
  readonly counts: Int32Array
  /** [k, k]: `counts` calibrated to the frequencies of the given labels, summing to 1. */
  readonly joint: Float64Array
  /** [n]: probability of the given label. */
  readonly selfConfidence: Float32Array
  /** [n]: p(given) − max p(others). */
  readonly margin: Float32Array
  /** [n]: the most probable class. */
  readonly best: Int32Array
  /** [n]: 1 if the image is off the diagonal of the confident joint and its best class is not the given one. */
  readonly issue: Uint8Array
}

/**
 * Confident learning (Northcutt, Jiang & Chuang 2021, "Confident Learning: Estimating Uncertainty in Dataset Labels",
 * eq. 1 and 2): an image counts as class j if its probability for j is at least the mean over the images labelled j;
 * if several classes qualify, as the most probable of them. Equivalent to cleanlab's
 * `compute_confident_joint(calibrate=True)` with the filter `confident_learning`.
 *
 * @param probabilities out of sample, [n, classes], row-major
 * @param labels [n], class indices
 */
export function confidentLearning(probabilities: Float32Array, labels: Int32Array, classes: number): ConfidentLearning {
  const n = labels.length
  const k = classes
  const sums = new Float64Array(k)
  const given = new Float64Array(k)
  for (let i = 0; i < n; i++) {
    const label = labels[i]!
    sums[label]! += probabilities[i * k + label]!
    given[label]!++
  }
  const thresholds = sums.map((s, c) => s / given[c]!)
  const counts = new Int32Array(k * k)
  const [selfConfidence, margin] = [new Float32Array(n), new Float32Array(n)]
  const best = new Int32Array(n)
  const issue = new Uint8Array(n)
  for (let i = 0; i < n; i++) {
    const label = labels[i]!
    const p = probabilities.subarray(i * k, (i + 1) * k)
    let [top, other, confident] = [0, -1, -1]
    for (let c = 0; c < k; c++) {
      if (p[c]! > p[top]!) top = c
      if (c !== label && (other < 0 || p[c]! > p[other]!)) other = c
      // cleanlab's tolerance: a float32 mean can exceed each of its terms by a rounding error.
      if (p[c]! >= thresholds[c]! - 1e-6 && (confident < 0 || p[c]! > p[confident]!)) confident = c
    }
    selfConfidence[i] = p[label]!
    margin[i] = p[label]! - (other < 0 ? 0 : p[other]!)
    best[i] = top
    if (confident < 0) continue
    counts[label * k + confident]!++
    issue[i] = Number(confident !== label && top !== label)
  }
  return { thresholds, counts, joint: calibrated(counts, given, n), selfConfidence, margin, best, issue }
}

/**
 * Scales rows to the label frequencies and the total to 1; a class without confident examples is put on the diagonal
 * (eq. 3).
 */
function calibrated(counts: Int32Array, given: Float64Array, n: number): Float64Array {
  const k = given.length
  const joint = new Float64Array(k * k)
  for (let r = 0; r < k; r++) {
    let row = 0
    for (let c = 0; c < k; c++) row += counts[r * k + c]!
    for (let c = 0; c < k; c++) joint[r * k + c] = ((row ? counts[r * k + c]! / row : Number(r === c)) * given[r]!) / n
  }
  return joint
}
