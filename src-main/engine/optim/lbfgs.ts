/** f(x) and its gradient. */
export type Objective = (x: Float64Array) => Promise<{ value: number; gradient: Float64Array }>

export interface LbfgsOptions {
  readonly iterations: number
  /** Stops when no entry of the gradient is larger in absolute value. */
  readonly tolerance: number
  /** Number of correction pairs kept. */
  readonly memory?: number
}

/**
 * Limited-memory BFGS (Nocedal & Wright, Numerical Optimization 2006, algorithms 7.4 and 7.5) with a bisection line
 * search for the weak Wolfe conditions (Lewis & Overton 2013, algorithm 2.6). Stops at the tolerance, after
 * `iterations`, or when the line search finds no lower value (rounding of the objective).
 */
export async function lbfgs(f: Objective, start: Float64Array, { iterations, tolerance, memory = 10 }: LbfgsOptions) {
  let x = start
  let { value, gradient } = await f(x)
  const pairs: { s: Float64Array; y: Float64Array; rho: number }[] = []
  let done = 0
  for (; done < iterations && maxAbs(gradient) > tolerance; done++) {
    const direction = descent(gradient, pairs)
    const first = pairs.length ? 1 : Math.min(1, 1 / norm(gradient))
    const next = (await search(f, x, value, gradient, direction, first)) ?? undefined
    if (!next) break
    const s = minus(next.x, x)
    const y = minus(next.gradient, gradient)
    const sy = dot(s, y)
    if (sy > 1e-10 * norm(s) * norm(y)) pairs.push({ s, y, rho: 1 / sy })
    if (pairs.length > memory) pairs.shift()
    ;({ x, value, gradient } = next)
  }
  return { x, value, gradient, iterations: done }
}

/** −H·gradient by the two-loop recursion. */
function descent(gradient: Float64Array, pairs: readonly { s: Float64Array; y: Float64Array; rho: number }[]): Float64Array {
  const q = gradient.map((g) => -g)
  const alphas = new Float64Array(pairs.length)
  for (let i = pairs.length - 1; i >= 0; i--) {
    const { s, y, rho } = pairs[i]!
    alphas[i] = rho * dot(s, q)
    axpy(-alphas[i]!, y, q)
  }
  const last = pairs.at(-1)
  if (last) {
    const gamma = 1 / (last.rho * dot(last.y, last.y))
    for (let i = 0; i < q.length; i++) q[i]! *= gamma
  }
  pairs.forEach(({ s, y, rho }, i) => axpy(alphas[i]! - rho * dot(y, q), s, q))
  return q
}

async function search(f: Objective, x: Float64Array, value: number, gradient: Float64Array, direction: Float64Array, first: number) {
  const slope = dot(gradient, direction)
  if (!(slope < 0)) return null
  let [low, high, t] = [0, Infinity, first]
  let best: { x: Float64Array; value: number; gradient: Float64Array } | null = null
  for (let tries = 0; tries < 25; tries++) {
    const at = x.slice()
    axpy(t, direction, at)
    const there = await f(at)
    const after = dot(there.gradient, direction)
    // Near the optimum, rounding of the value hides the decrease; there the slope decides (Hager & Zhang 2005, eq.
    // 4.1).
    const flat = there.value <= value + 1e-6 * Math.abs(value) && after <= -0.8 * slope
    if (!(there.value <= value + 1e-4 * t * slope) && !flat) high = t
    else {
      best = { x: at, ...there }
      if (after >= 0.9 * slope) return best
      low = t
    }
    t = high === Infinity ? 2 * low : (low + high) / 2
  }
  return best && best.value <= value + 1e-6 * Math.abs(value) ? best : null
}

const dot = (a: Float64Array, b: Float64Array) => {
  let sum = 0
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!
  return sum
}
const norm = (a: Float64Array) => Math.sqrt(dot(a, a))
const maxAbs = (a: Float64Array) => a.reduce((m, v) => Math.max(m, Math.abs(v)), 0)
const minus = (a: Float64Array, b: Float64Array) => a.map((v, i) => v - b[i]!)
const axpy = (k: number, a: Float64Array, into: Float64Array) => {
  for (let i = 0; i < a.length; i++) into[i]! += k * a[i]!
}
