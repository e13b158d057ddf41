/**
 * Cohen's kappa: J. Cohen, "A coefficient of agreement for nominal scales", Educational and Psychological Measurement 20 (1960) 37–46.
 *
 * Of n things that two raters put into the same categories, with n_ij the number put into i by the first and into j by the second:
 * observed p_o = Σ n_ii / n, expected by chance p_e = Σ (n_i· n_·i) / n², κ = (p_o − p_e) / (1 − p_e), without weights.
 * Not defined (null) where nothing was rated, or where p_e = 1: both put all into one category. scikit-learn says NaN there.
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
  // In whole numbers, so that certain agreement by chance is known exactly.
  const chance = rows.reduce((sum, r, i) => sum + r * columns[i]!, 0)
  const [observed, expected] = [same / n, chance / (n * n)]
  const kappa = chance === n * n ? null : (same * n - chance) / (n * n - chance)
  return { n, observed, expected, kappa: kappa === null ? null : Math.max(-1, kappa) }
}

/** Yes or no: `both` said yes, only one of them did, `neither` did. */
export const yesNoKappa = (both: number, onlyA: number, onlyB: number, neither: number): Kappa =>
  cohenKappa([
    [both, onlyA],
    [onlyB, neither],
  ])
