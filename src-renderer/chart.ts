/** Axes and paths for charts. */

/** Round numbers from `from` to `to`, about `count` of them. */
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

/** Exponential moving average, corrected for its bias towards the start (as Adam corrects its moments). */
export function smooth(points: readonly { x: number; y: number }[], decay: number): { x: number; y: number }[] {
  let mean = 0
  return points.map(({ x, y }, i) => {
    mean = decay * mean + (1 - decay) * y
    return { x, y: mean / (1 - decay ** (i + 1)) }
  })
}

interface Box {
  x: number
  y: number
  w: number
  h: number
}
const overlap = (a: Box, b: Box) => a.x < b.x + b.w && b.x < a.x + a.w && a.y < b.y + b.h && b.y < a.y + a.h

/** Positions (baselines) for the names of points: beside their points and, if possible, not overlapping other points or names. */
export function placeNames(
  points: readonly { x: number; y: number; w: number }[],
  [left, right]: readonly [number, number],
): { x: number; y: number }[] {
  const dots = points.map(({ x, y }) => ({ x: x - 6, y: y - 6, w: 12, h: 12 }))
  const placed: Box[] = []
  return points.map((p, i) => {
    const [near, far, middle] = [p.x + 9, p.x - 9 - p.w, p.x - p.w / 2]
    const places = [
      [near, -7],
      [near, 15],
      [far, -7],
      [far, 15],
      [middle, -11],
      [middle, 20],
      [near, 28],
      [far, 28],
    ].map(([x, dy]) => ({ x: x!, y: p.y - 10 + dy!, w: p.w, h: 13 }))
    const cost = (box: Box) =>
      [...dots.filter((_, k) => k !== i), ...placed].filter((b) => overlap(b, box)).length + (box.x < left || box.x + box.w > right ? 2 : 0)
    const best = places.reduce((a, b) => (cost(b) < cost(a) ? b : a))
    placed.push(best)
    return { x: best.x, y: best.y + 10 }
  })
}

/**
 * Colours of curves and checkpoints, in the order of selection: legible on light and dark backgrounds, and as distinct as six colours can
 * be, also with colour blindness (found by search).
 */
export const seriesColours = ['#0859ff', '#cf8300', '#0ca886', '#dc0048', '#ff36de', '#756289'] as const
export const seriesColour = (index: number): string => seriesColours[index % seriesColours.length]!

/** Shapes also tell close points apart: outlines around (0, 0), in the order of the colours. */
const shapes = [
  'M-5 0a5 5 0 1 0 10 0a5 5 0 1 0 -10 0Z',
  'M-4.5 -4.5H4.5V4.5H-4.5Z',
  'M0 -5.8L5.4 4.2H-5.4Z',
  'M0 -6.2L5.4 0L0 6.2L-5.4 0Z',
  'M0 5.8L5.4 -4.2H-5.4Z',
  'M-1.9 -5.5H1.9V-1.9H5.5V1.9H1.9V5.5H-1.9V1.9H-5.5V-1.9H-1.9Z',
]
export const seriesShape = (index: number): string => shapes[index % shapes.length]!
