/**
 * Cohen's kappa: J. Cohen, "A coefficient of agreement for nominal scales", Educational and Psychological Measurement
 * 20 (1960) 37–46.
 *
 * For n items rated by two raters, with n_ij rated i by the first and j by the second: observed agreement p_o = Σ
 * n_ii / n, chance agreement p_e = Σ (n_i· n_·i) / n², κ = (p_o − p_e) / (1 − p_e), unweighted. Undefined (null) if
 * nothing was rated, or if p_e = 1 (both put everything into one category), for which scikit-learn returns NaN.
 */
import type { Kappa } from '#shared/model/agreement.ts'

export function cohenKappa(counts: readonly (readonly number[])[]): Kappa {
  const size = counts.length
  const [rows, columns] = [new Float64Array(size), new Float64Array(size)]
  let [n, same] = [0, 0]
  counts.forEach((row, i) =>
    row.forEach((c, j) => {
      n += c
      rows[i]! += c
      columns[j]! += c
      if (i === j) same += c
    }),
  )
  if (n === 0) return { n, observed: null, expected: null, kappa: null }
  // Integer arithmetic, so that p_e = 1 is detected exactly.
  const chance = rows.reduce((sum, r, i) => sum + r * columns[i]!, 0)
  const [observed, expected] = [same / n, chance / (n * n)]
  const kappa = chance === n * n ? null : (same * n - chance) / (n * n - chance)
  return { n, observed, expected, kappa: kappa === null ? null : Math.max(-1, kappa) }
}

/** Kappa of a binary rating: `both` said yes, only one of them did, or `neither` did. */
export const yesNoKappa = (both: number, onlyA: number, onlyB: number, neither: number): Kappa =>
  cohenKappa([
    [both, onlyA],
    [onlyB, neither],
  ])
