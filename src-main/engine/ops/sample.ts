import type { Value } from '../graph/graph.ts'
import { add, clip, div, floor, greater, mul, neg, sub, where } from './arithmetic.ts'
import { defineOp } from './define.ts'
import { gather, scatterAddRows } from './gather.ts'
import { reduceSum } from './reduce.ts'
import { cast, concat, expand, reshape, slice, transpose } from './shape.ts'

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
  const [h, w] = pointsOf(x, grid)
  const [px, py] = [width, height].map((size, axis) => {
    const at = coordinate(grid, axis)
    const pixel = alignCorners ? mul(add(at, 1), (size - 1) / 2) : sub(mul(add(at, 1), size / 2), 0.5)
    return bounded(pixel, size, { padding, alignCorners })
  }) as [Value, Value]
  const [xs, ys] = [neighbours(px, width), neighbours(py, height)]
  const corners = ys.flatMap((row) =>
    xs.map((column) => ({ weight: mul(row.weight, column.weight), index: add(mul(row.index, width), column.index) })),
  )
  const pixels = gather(rowsOf(x), indexIn(x, stack(corners.map((k) => k.index)))) // [4, B, h·w, C]
  const weights = reshape(stack(corners.map((k) => k.weight)), [4, b, h * w, 1])
  return reshape(transpose(reduceSum(mul(pixels, weights), { axes: [0] }), [0, 2, 1]), [b, c, h, w])
}

/** The size of a grid of points. @throws if it doesn't fit the images */
function pointsOf(x: Value, grid: Value): [h: number, w: number] {
  const [b, h, w, two] = grid.shape as [number, number, number, number]
  if (b !== x.shape[0] || two !== 2) throw new Error(`gridSample: [${x.shape}] at [${grid.shape}]`)
  return [h, w]
}

/** One coordinate of a grid's points, [B, h·w]. */
const coordinate = (grid: Value, axis: number): Value => {
  const [b, h, w] = grid.shape as [number, number, number]
  return reshape(slice(grid, { axis: 3, start: axis, end: axis + 1 }), [b, h * w])
}

const stack = (vs: readonly Value[]): Value =>
  concat(
    vs.map((v) => reshape(v, [1, ...v.shape])),
    { axis: 0 },
  )

/** The pixels of x [B, C, H, W] as rows, [B·H·W, C]. */
function rowsOf(x: Value): Value {
  const [b, c, h, w] = x.shape as [number, number, number, number]
  return reshape(transpose(x, [0, 2, 3, 1]), [b * h * w, c])
}

/** Which of {@link rowsOf}: for indices within an image, [.., B, n] in float32. */
function indexIn(x: Value, within: Value): Value {
  const [b, , h, w] = x.shape as [number, number, number, number]
  const first = x.graph.constant(
    Int32Array.from({ length: b }, (_, i) => i * h * w),
    'int32',
    [b, 1],
  )
  return add(cast(within, 'int32'), first)
}

const gridSampleOp = defineOp('GridSample', {
  shape: ([x, grid]) => [...x!.shape.slice(0, 2), ...pointsOf(x!, grid!)],
  emit: (inputs) => ({ inputs, attributes: { mode: 'linear', padding_mode: 'zeros', align_corners: 0 } }),
  vjp: ({ inputs: [x, grid], dy }) => {
    const [b, c, height, width] = x!.shape as [number, number, number, number]
    const n = dy.shape[2]! * dy.shape[3]!
    const axes = [width, height].map((size, axis) => neighbours(sub(mul(add(coordinate(grid!, axis), 1), size / 2), 0.5), size))
    const [xs, ys] = axes as [Neighbour[], Neighbour[]]
    const corners = ys.flatMap((row) => xs.map((column) => ({ row, column })))
    const index = indexIn(x!, stack(corners.map(({ row, column }) => add(mul(row.index, width), column.index)))) // [4, B, n]
    const upstream = transpose(reshape(dy, [b, c, n]), [0, 2, 1]) // [B, n, C]
    const shares = reshape(stack(corners.map(({ row, column }) => mul(row.weight, column.weight))), [4, b, n, 1])
    const rows = reshape(mul(expand(shares, [4, b, n, c]), upstream), [4 * b * n, c])
    const dx = scatterAddRows(rows, reshape(index, [4 * b * n]), b * height * width)
    const seen = reduceSum(mul(gather(rowsOf(x!), index), upstream), { axes: [3] }) // [4, B, n]
    const along = (slopes: Value[], size: number) => mul(reduceSum(mul(seen, stack(slopes)), { axes: [0] }), size / 2)
    const across = along(
      corners.map(({ row, column }) => mul(row.weight, column.slope)),
      width,
    )
    const down = along(
      corners.map(({ row, column }) => mul(row.slope, column.weight)),
      height,
    )
    const dgrid = concat(
      [across, down].map((v) => reshape(v, [b, dy.shape[2]!, dy.shape[3]!, 1])),
      { axis: 3 },
    )
    return [transpose(reshape(dx, [b, height, width, c]), [0, 3, 1, 2]), dgrid]
  },
})
/**
 * {@link gridSample} with zeros outside as one node of onnxruntime: an eighth of the memory and a quarter of the time, but
 * on the CPU alone.
 */
export const gridSampleFused = (x: Value, grid: Value): Value => gridSampleOp([x, grid], undefined)[0]!

interface Neighbour {
  /** 0 for a pixel outside, whose index is clamped. */
  readonly weight: Value
  readonly index: Value
  /** How the weight changes with the coordinate. */
  readonly slope: Value
}

/** The two pixels around each coordinate. */
function neighbours(at: Value, size: number): Neighbour[] {
  const low = floor(at)
  const far = sub(at, low)
  return [
    { pixel: low, share: sub(1, far), way: -1 },
    { pixel: add(low, 1), share: far, way: 1 },
  ].map(({ pixel, share, way }) => {
    const index = clip(pixel, { min: 0, max: size - 1 })
    const distance = sub(pixel, index) // 0 inside
    const inside = where(greater(mul(distance, distance), 0), 0, 1)
    return { index, weight: mul(share, inside), slope: mul(inside, way) }
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
