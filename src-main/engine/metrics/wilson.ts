export type Interval = [low: number, high: number]

/** The 97.5% point of the standard normal. */
const z95 = 1.959963984540054

/**
 * Wilson's 95% score interval of a proportion (Wilson 1927, JASA 22): unlike p ± 1.96·σ it stays within [0, 1] and
 * does not collapse at 0 or n of n. For n = 0 it is [0, 1].
 */
export function wilson(correct: number, n: number, z = z95): Interval {
  if (n === 0) return [0, 1]
  const p = correct / n
  const centre = p + (z * z) / (2 * n)
  const half = z * Math.sqrt((p * (1 - p)) / n + (z * z) / (4 * n * n))
  const scale = 1 + (z * z) / n
  return [correct === 0 ? 0 : (centre - half) / scale, correct === n ? 1 : (centre + half) / scale]
}
