import type { Value } from '../graph/graph.ts'
import { concat, gemm, slice } from '../ops/index.ts'

/**
 * Learned positions [first + g·g, D] resampled to a grid of gh × gw: the `first` rows (tokens before the patches) are
 * kept, the others interpolated bicubically if the grid differs.
 */
export function gridPositions(table: Value, first: number, g: number, gh: number, gw: number): Value {
  if (gh === g && gw === g) return table
  const matrix = table.graph.constant(bicubicMatrix(g, g, gh, gw), 'float32', [gh * gw, g * g])
  const patches = gemm(matrix, first ? slice(table, { axis: 0, start: first }) : table)
  return first ? concat([slice(table, { axis: 0, start: 0, end: first }), patches], { axis: 0 }) : patches
}

/**
 * The matrix [h·w, H·W] that resamples a grid H × W to h × w bicubically, like
 * torch.nn.functional.interpolate(mode='bicubic', align_corners=False): Keys' kernel with a = −0.75, replicated
 * edges, no antialiasing.
 */
export function bicubicMatrix(H: number, W: number, h: number, w: number): Float32Array {
  const rows = taps(H, h)
  const cols = taps(W, w)
  const m = new Float32Array(h * w * H * W)
  for (let y = 0; y < h; y++)
    for (let x = 0; x < w; x++)
      for (const [Y, wy] of rows[y]!) for (const [X, wx] of cols[x]!) m[(y * w + x) * H * W + Y * W + X]! += wy * wx
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

function keys(x: number, a = -0.75): number {
  const t = Math.abs(x)
  if (t <= 1) return (a + 2) * t ** 3 - (a + 3) * t ** 2 + 1
  return t < 2 ? a * (t ** 3 - 5 * t ** 2 + 8 * t - 4) : 0
}
