/** Long curves: what there is of them to draw, and how they are smoothed. Missing values are NaN. */

export interface Point {
  x: number
  y: number
}

/** The first index whose x is not below `at`; x ascends. */
export function indexOf(x: ArrayLike<number>, at: number): number {
  let [low, high] = [0, x.length]
  while (low < high) {
    const middle = (low + high) >> 1
    if (x[middle]! < at) low = middle + 1
    else high = middle
  }
  return low
}

/**
 * The points from `from` to `to` that a drawing `width` pixels wide can tell apart: of each column of pixels the lowest and the
 * highest, in their order, so that no spike is lost. One point beyond each end, so that lines reach the edges.
 */
export function perPixel(x: ArrayLike<number>, y: ArrayLike<number>, from: number, to: number, width: number): Point[] {
  const first = Math.max(0, indexOf(x, from) - 1)
  const last = Math.min(x.length, indexOf(x, to) + 1)
  const points: Point[] = []
  const add = (i: number) => points.push({ x: x[i]!, y: y[i]! })
  if (last - first <= 2 * width) {
    for (let i = first; i < last; i++) if (!Number.isNaN(y[i]!)) add(i)
    return points
  }
  const perColumn = (to - from) / width
  for (let i = first; i < last;) {
    const column = Math.floor((x[i]! - from) / perColumn)
    let [low, high] = [-1, -1]
    for (; i < last && Math.floor((x[i]! - from) / perColumn) === column; i++) {
      if (Number.isNaN(y[i]!)) continue
      if (low < 0 || y[i]! < y[low]!) low = i
      if (high < 0 || y[i]! > y[high]!) high = i
    }
    if (low < 0) continue
    add(Math.min(low, high))
    if (low !== high) add(Math.max(low, high))
  }
  return points
}

/** Exponential moving average, corrected for its bias towards the start, as TensorBoard's and Adam's; missing values stay missing. */
export function smoothed(y: ArrayLike<number>, decay: number): Float64Array {
  const even = new Float64Array(y.length)
  let mean = 0
  let weight = 1
  for (let i = 0; i < y.length; i++) {
    if (Number.isNaN(y[i]!)) {
      even[i] = NaN
      continue
    }
    mean = decay * mean + (1 - decay) * y[i]!
    weight *= decay
    even[i] = decay === 0 ? y[i]! : mean / (1 - weight)
  }
  return even
}

/** The point closest to `at`; null if there is none. */
export function nearest(x: ArrayLike<number>, y: ArrayLike<number>, at: number): Point | null {
  const i = indexOf(x, at)
  let [before, after] = [i - 1, i]
  while (before >= 0 && Number.isNaN(y[before]!)) before--
  while (after < x.length && Number.isNaN(y[after]!)) after++
  const best = before < 0 ? after : after >= x.length || at - x[before]! <= x[after]! - at ? before : after
  return best >= 0 && best < x.length ? { x: x[best]!, y: y[best]! } : null
}

/** Ticks of a logarithmic axis: 1, 2 and 5 of each decade, or the decades alone if there are many. */
export function decades(low: number, high: number): number[] {
  const from = Math.floor(Math.log10(low))
  const all = Array.from({ length: Math.max(1, Math.ceil(Math.log10(high)) - from + 1) }, (_, i) => 10 ** (from + i))
  const within = (v: number) => v >= low * 0.999 && v <= high * 1.001
  const fine = all.flatMap((d) => [d, 2 * d, 5 * d]).filter(within)
  if (fine.length <= 6) return fine
  const plain = all.filter(within)
  const every = Math.ceil(plain.length / 6)
  return plain.filter((_, i) => i % every === 0)
}
