/** Means over few repetitions, with the interval that Student's t gives. */

/** The mean of some values and half the width of its 95% interval, which one value does not have. */
export interface MeanOf {
  readonly n: number
  readonly mean: number
  readonly half: number | null
}

/** @param values at least one */
export function meanOf(values: readonly number[]): MeanOf {
  const n = values.length
  const mean = values.reduce((s, v) => s + v, 0) / n
  if (n < 2) return { n, mean, half: null }
  const variance = values.reduce((s, v) => s + (v - mean) ** 2, 0) / (n - 1)
  return { n, mean, half: t975(n - 1) * Math.sqrt(variance / n) }
}

/**
 * The 97.5% quantile of Student's t with `df` degrees of freedom, a whole number: the root of its distribution function, which has a
 * closed form for whole degrees (Abramowitz & Stegun 1964, 26.7.3 and 26.7.4).
 */
export function t975(df: number): number {
  let [low, high] = [1.9, 13]
  for (let i = 0; i < 60; i++) {
    const middle = (low + high) / 2
    if (within(middle, df) < 0.95) low = middle
    else high = middle
  }
  return (low + high) / 2
}

/** The probability that |T| is at most t. */
function within(t: number, df: number): number {
  const theta = Math.atan(t / Math.sqrt(df))
  const [sin, cos] = [Math.sin(theta), Math.cos(theta)]
  const odd = df % 2 === 1
  let [term, sum] = [odd ? cos : 1, 0]
  for (let k = odd ? 2 : 1; k <= df - 1; k += 2) {
    sum += term
    term *= (cos * cos * k) / (k + 1)
  }
  return odd ? (2 / Math.PI) * (theta + sin * sum) : sin * sum
}
