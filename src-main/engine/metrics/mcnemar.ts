/**
 * McNemar's test (McNemar 1947) of whether two models differ in accuracy on the same examples. Only discordant pairs
 * matter: `b` examples that only the first got right, `c` that only the second did.
 */
export interface McNemar {
  readonly method: 'exact' | 'chi-squared'
  readonly b: number
  readonly c: number
  /** Two-sided. */
  readonly p: number
}

/** The exact test below 25 discordant pairs; otherwise χ² with Edwards' continuity correction, (|b−c|−1)²/(b+c). */
export function mcnemar(b: number, c: number): McNemar {
  if (b + c < 25) return { method: 'exact', b, c, p: exactMcNemar(b, c) }
  const z = Math.max(0, Math.abs(b - c) - 1) / Math.sqrt(b + c)
  return { method: 'chi-squared', b, c, p: normalTail(z) }
}

/** The probability of a standard normal value at least as far from nought as z. */
export const normalTail = (z: number): number => erfc(Math.abs(z) / Math.SQRT2)

/** Two-sided binomial test: under the null, each discordant pair goes either way with probability one half. */
export function exactMcNemar(b: number, c: number): number {
  const n = b + c
  let logTerm = -n * Math.LN2 // ln of C(n, i)·2⁻ⁿ
  let tail = 0
  for (let i = 0; i <= Math.min(b, c); i++) {
    tail += Math.exp(logTerm)
    logTerm += Math.log((n - i) / (i + 1))
  }
  return Math.min(1, 2 * tail)
}

/** 1 − erf(x) for x ≥ 0 (Abramowitz & Stegun 7.1.6 and 7.1.14), relative error below 1e-11. */
export function erfc(x: number): number {
  const gauss = Math.exp(-x * x)
  if (x < 2) {
    let term = x
    let sum = x
    for (let k = 1; term > 1e-17 * sum; k++) sum += term *= (2 * x * x) / (2 * k + 1)
    return 1 - (2 / Math.sqrt(Math.PI)) * gauss * sum
  }
  let fraction = 0
  for (let k = 80; k > 0; k--) fraction = k / 2 / (x + fraction)
  return gauss / Math.sqrt(Math.PI) / (x + fraction)
}
