/** Axes and paths of the charts. */

/** Round numbers that span from…to, about `count` of them. */
export function niceTicks(from: number, to: number, count: number): number[] {
  const span = to - from || Math.abs(to) || 1
  const rough = span / Math.max(1, count)
  const power = 10 ** Math.floor(Math.log10(rough))
  const step = [1, 2, 2.5, 5, 10].map((m) => m * power).find((s) => s >= rough) ?? 10 * power
  const first = Math.floor(from / step + 1e-9)
  const last = Math.max(first + 1, Math.ceil(to / step - 1e-9))
  return Array.from({ length: last - first + 1 }, (_, i) => Number(((first + i) * step).toPrecision(12)))
}

export const linePath = (points: readonly { x: number; y: number }[], px: (x: number) => number, py: (y: number) => number) =>
  points.map((p, i) => `${i ? 'L' : 'M'}${px(p.x).toFixed(1)} ${py(p.y).toFixed(1)}`).join('')

/** Exponential moving average without its bias towards the beginning (as Adam corrects its moments). */
export function smooth(points: readonly { x: number; y: number }[], decay: number): { x: number; y: number }[] {
  let mean = 0
  return points.map(({ x, y }, i) => {
    mean = decay * mean + (1 - decay) * y
    return { x, y: mean / (1 - decay ** (i + 1)) }
  })
}

/** Curves and checkpoints in the order in which they were chosen; legible on light and dark grounds. */
const colours = ['#2f81c4', '#e07b1a', '#2f9e44', '#d6453d', '#9467bd', '#17a2b0']
export const seriesColour = (index: number): string => colours[index % colours.length]!
