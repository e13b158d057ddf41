import type { Value } from '../graph/graph.ts'
import { concat, gemm, slice } from '../ops/index.ts'

/**
 * Learned positions [first + g·g, D] resampled to a grid of gh × gw: the `first` rows (tokens before the patches) are
 * kept, the others interpolated if the grid differs, by default bicubically.
 */
export function gridPositions(table: Value, first: number, g: number, gh: number, gw: number, resampling = bicubicMatrix): Value {
  if (gh === g && gw === g) return table
  const matrix = table.graph.constant(resampling(g, g, gh, gw), 'float32', [gh * gw, g * g])
  const patches = gemm(matrix, first ? slice(table, { axis: 0, start: first }) : table)
  return first ? concat([slice(table, { axis: 0, start: 0, end: first }), patches], { axis: 0 }) : patches
}

/**
 * The matrix [h·w, H·W] that resamples a grid H × W to h × w bicubically, like
 * torch.nn.functional.interpolate(mode='bicubic', align_corners=False): Keys' kernel with a = −0.75, replicated
 * edges, no antialiasing.
 */
export const bicubicMatrix = (H: number, W: number, h: number, w: number): Float32Array => separable(taps(H, h), taps(W, w), W, H * W)

/** Of torch's interpolate with antialias=True: its kernels, and how far they reach. */
const kernels = {
  bilinear: { reach: 1, at: (x: number) => 1 - Math.abs(x) },
  bicubic: { reach: 2, at: (x: number) => keys(x, -0.5) },
}
/**
 * The same like torch.nn.functional.interpolate(antialias=True, align_corners=False): the kernel is as wide as the reduction, its
 * weights within the grid are made to sum to 1; bicubically with a = −0.5.
 */
const antialiased =
  (kernel: keyof typeof kernels) =>
  (H: number, W: number, h: number, w: number): Float32Array =>
    separable(smoothTaps(H, h, kernel), smoothTaps(W, w, kernel), W, H * W)
export const smoothBilinearMatrix = antialiased('bilinear')
export const smoothBicubicMatrix = antialiased('bicubic')

type Taps = readonly (readonly (readonly [index: number, weight: number])[])[]

/** The outputs' rows and columns, each with what it reads, as one matrix [rows · columns, inputs]; the inputs are W wide. */
function separable(rows: Taps, cols: Taps, W: number, inputs: number): Float32Array {
  const [h, w] = [rows.length, cols.length]
  const m = new Float32Array(h * w * inputs)
  for (let y = 0; y < h; y++)
    for (let x = 0; x < w; x++)
      for (const [Y, wy] of rows[y]!) for (const [X, wx] of cols[x]!) m[(y * w + x) * inputs + Y * W + X]! += wy * wx
  return m
}

/** For each of `to` outputs, the indices and weights of the inputs (out of `from`) that it reads. */
function taps(from: number, to: number): [index: number, weight: number][][] {
  return Array.from({ length: to }, (_, i) => {
    const x = ((i + 0.5) * from) / to - 0.5
    const left = Math.floor(x)
    return [-1, 0, 1, 2].map((k) => [Math.min(from - 1, Math.max(0, left + k)), keys(x - left - k)])
  })
}

function smoothTaps(from: number, to: number, kernel: keyof typeof kernels): [index: number, weight: number][][] {
  const { reach, at } = kernels[kernel]
  const scale = from / to
  const spread = Math.max(1, scale)
  return Array.from({ length: to }, (_, i) => {
    const centre = (i + 0.5) * scale - 0.5
    const read = Array.from({ length: from }, (_, k): [number, number] => [k, (k - centre) / spread]).filter(([, x]) => Math.abs(x) < reach)
    const sum = read.reduce((total, [, x]) => total + at(x), 0)
    return read.map(([k, x]) => [k, at(x) / sum])
  })
}

function keys(x: number, a = -0.75): number {
  const t = Math.abs(x)
  if (t <= 1) return (a + 2) * t ** 3 - (a + 3) * t ** 2 + 1
  return t < 2 ? a * (t ** 3 - 5 * t ** 2 + 8 * t - 4) : 0
}
