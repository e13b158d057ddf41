import type { Value } from '../graph/graph.ts'
import { add, clip, div, floor, greater, mul, neg, sub, where } from './arithmetic.ts'
import { gather } from './gather.ts'
import { reduceSum } from './reduce.ts'
import { cast, concat, reshape, slice, transpose } from './shape.ts'

export interface SampleOptions {
  /** Values outside the image: zeros, the nearest edge pixel, or a reflection. */
  readonly padding?: 'zeros' | 'border' | 'reflection'
  /** Whether −1 and 1 are the centres of the outermost pixels rather than their outer edges. */
  readonly alignCorners?: boolean
}

/**
 * Bilinear samples of x [B, C, H, W] at `grid` [B, h, w, 2], points (x, y) in [−1, 1]: [B, C, h, w]
 * (torch.nn.functional.grid_sample; Jaderberg et al. 2015, eq. 5). Built from gathers of the four neighbouring pixels
 * because ONNX's GridSample has no gradient and GPU providers lack it.
 */
export function gridSample(x: Value, grid: Value, { padding = 'zeros', alignCorners = false }: SampleOptions = {}): Value {
  const [b, c, height, width] = x.shape as [number, number, number, number]
  const [b2, h, w, two] = grid.shape as [number, number, number, number]
  if (b !== b2 || two !== 2) throw new Error(`gridSample: [${x.shape}] at [${grid.shape}]`)
  const points = reshape(grid, [b, h * w, 2])
  const [px, py] = [width, height].map((size, axis) => {
    const at = reshape(slice(points, { axis: 2, start: axis, end: axis + 1 }), [b, h * w])
    const pixel = alignCorners ? mul(add(at, 1), (size - 1) / 2) : sub(mul(add(at, 1), size / 2), 0.5)
    return bounded(pixel, size, { padding, alignCorners })
  }) as [Value, Value]
  const [xs, ys] = [neighbours(px, width), neighbours(py, height)]
  const corners = ys.flatMap((row) =>
    xs.map((column) => ({ weight: mul(row.weight, column.weight), index: add(mul(row.index, width), column.index) })),
  )
  const stack = (vs: Value[]) =>
    concat(
      vs.map((v) => reshape(v, [1, b, h * w])),
      { axis: 0 },
    )
  const first = x.graph.constant(
    Int32Array.from({ length: b }, (_, i) => i * height * width),
    'int32',
    [b, 1],
  )
  const index = add(cast(stack(corners.map((k) => k.index)), 'int32'), first)
  const pixels = gather(reshape(transpose(x, [0, 2, 3, 1]), [b * height * width, c]), index) // [4, B, h·w, C]
  const weights = reshape(stack(corners.map((k) => k.weight)), [4, b, h * w, 1])
  return reshape(transpose(reduceSum(mul(pixels, weights), { axes: [0] }), [0, 2, 1]), [b, c, h, w])
}

/** The two pixels around each coordinate with their weights. A pixel outside gets weight 0 and a clamped index. */
function neighbours(at: Value, size: number): { index: Value; weight: Value }[] {
  const low = floor(at)
  const far = sub(at, low)
  return [
    { pixel: low, share: sub(1, far) },
    { pixel: add(low, 1), share: far },
  ].map(({ pixel, share }) => {
    const index = clip(pixel, { min: 0, max: size - 1 })
    const distance = sub(pixel, index) // 0 inside
    const inside = where(greater(mul(distance, distance), 0), 0, 1)
    return { index, weight: mul(share, inside) }
  })
}

function bounded(at: Value, size: number, { padding, alignCorners }: Required<SampleOptions>): Value {
  if (padding === 'zeros') return at
  const inner = padding === 'reflection' ? reflected(at, size, alignCorners) : at
  return clip(inner, { min: 0, max: size - 1 })
}

/** Reflects coordinates at both edges, repeatedly if necessary. */
function reflected(at: Value, size: number, alignCorners: boolean): Value {
  const [low, span] = alignCorners ? [0, size - 1] : [-0.5, size]
  if (span === 0) return mul(at, 0)
  const shifted = sub(at, low)
  const distance = where(greater(shifted, 0), shifted, neg(shifted))
  const flips = floor(div(distance, span))
  const rest = sub(distance, mul(flips, span))
  const odd = sub(flips, mul(floor(mul(flips, 0.5)), 2))
  return add(where(greater(odd, 0.5), sub(span, rest), rest), low)
}
