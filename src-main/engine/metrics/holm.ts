/**
 * Holm's step-down correction (Holm 1979, Scand. J. Statist. 6): adjusted p-values in the given order. Controls the
 * family-wise error rate: if all hypotheses are true, one falls below α with probability at most α.
 */
export function holm(p: readonly number[]): number[] {
  const order = p.map((_, i) => i).sort((i, j) => p[i]! - p[j]!)
  const adjusted: number[] = new Array(p.length)
  let largest = 0
  order.forEach((i, rank) => {
    largest = Math.max(largest, Math.min(1, (p.length - rank) * p[i]!))
    adjusted[i] = largest
  })
  return adjusted
}
