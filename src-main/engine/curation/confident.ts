/** Which given labels are probably wrong. */
export interface ConfidentLearning {
  /** [k]: mean probability of a class over the images that have it as label. NaN for a class without images. */
  readonly thresholds: Float64Array
  /** [k, k]: images by given label (row) and the class that they confidently are (column), row-major. */
  readonly counts: Int32Array
  /** [k, k]: `counts` calibrated to the given labels' frequencies, summing to 1. */
  readonly joint: Float64Array
  /** [n]: probability of the given label. */
  readonly selfConfidence: Float32Array
  /** [n]: p(given) − max p(others). */
  readonly margin: Float32Array
  /** [n]: the most probable class. */
  readonly best: Int32Array
  /** [n]: 1 where the image falls off the diagonal of the confident joint, and its best class is another than the given. */
  readonly issue: Uint8Array
}

/**
 * Confident learning (Northcutt, Jiang & Chuang 2021, "Confident Learning: Estimating Uncertainty in Dataset Labels", eq. 1 and 2):
 * an image counts as class j where its probability for j reaches the mean of those labelled j; where several do, the most probable
 * of these. As cleanlab's `compute_confident_joint(calibrate=True)`, and its filter `confident_learning`.
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
      // The margin is cleanlab's: a mean of float32 may lie a rounding above each of its terms.
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

/** Rows in proportion to the labels given, the whole to 1; a class that nothing confidently is counts as its own (eq. 3). */
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
