import { type Shape, sizeOf, type Value } from '../graph/graph.ts'
import { broadcast, defineOp } from './define.ts'
import { reshape, slice, swapLast, transpose } from './shape.ts'

const matmulOp = defineOp('MatMul', {
  shape: ([a, b]) => {
    const [m, k] = a!.shape.slice(-2) as [number, number]
    const [k2, n] = b!.shape.slice(-2) as [number, number]
    if (a!.shape.length < 2 || b!.shape.length < 2 || k !== k2) throw new Error(`MatMul: [${a!.shape}] × [${b!.shape}]`)
    return [...broadcast(a!.shape.slice(0, -2), b!.shape.slice(0, -2), 'MatMul'), m, n]
  },
  vjp: ({ inputs: [a, b], dy }) => [matmul(dy, swapLast(b!)), matmul(swapLast(a!), dy)],
})
/** Matrix product [.., m, k] × [.., k, n] → [.., m, n]; leading axes broadcast. */
export const matmul = (a: Value, b: Value): Value => matmulOp([a, b], undefined)[0]!

interface GemmAttrs {
  readonly transA: boolean
  readonly transB: boolean
}
const gemmOp = defineOp<GemmAttrs>('Gemm', {
  shape: ([a, b], { transA, transB }) => {
    const [m, k] = flip(a!.shape, transA)
    const [k2, n] = flip(b!.shape, transB)
    if (a!.shape.length !== 2 || b!.shape.length !== 2 || k !== k2)
      throw new Error(`Gemm: [${a!.shape}]${transA ? 'ᵀ' : ''} × [${b!.shape}]${transB ? 'ᵀ' : ''}`)
    return [m, n]
  },
  emit: (inputs, { transA, transB }) => ({ inputs, attributes: { transA: Number(transA), transB: Number(transB) } }),
  vjp: ({ inputs: [a, b], dy, attrs: { transA, transB } }) => [
    transA ? gemm(b!, dy, undefined, { transA: transB, transB: true }) : gemm(dy, b!, undefined, { transB: !transB }),
    transB ? gemm(dy, a!, undefined, { transA: true, transB: transA }) : gemm(a!, dy, undefined, { transA: !transA }),
    dy,
  ],
})
/** op(a) · op(b) + c with a, b of rank 2 and c broadcast to the result. */
export function gemm(a: Value, b: Value, c?: Value, { transA = false, transB = false }: Partial<GemmAttrs> = {}): Value {
  return gemmOp(c ? [a, b, c] : [a, b], { transA, transB })[0]!
}
const flip = (s: Shape, t: boolean): [number, number] => (t ? [s[1]!, s[0]!] : [s[0]!, s[1]!])

/**
 * x [.., in] → [.., out] with a weight [out, in] and bias [out] (torch.nn.functional.linear). Leading axes are
 * flattened so that the weight's gradient is a single Gemm instead of a batched product and a sum.
 */
export function linear(x: Value, weight: Value, bias?: Value): Value {
  const rows = sizeOf(x.shape) / x.shape.at(-1)!
  const y = gemm(reshape(x, [rows, x.shape.at(-1)!]), weight, bias, { transB: true })
  return reshape(y, [...x.shape.slice(0, -1), weight.shape[0]!])
}

/**
 * Cuts images [B, C, H, W] into whole patches of p × q: [B, ⌊H/p⌋ · ⌊W/q⌋, C·p·q], in row-major order. A remainder at
 * the right and bottom is dropped.
 */
export function patchify(x: Value, [p, q]: readonly [number, number]): Value {
  const [b, c, h, w] = x.shape as [number, number, number, number]
  const [rows, cols] = [Math.floor(h / p), Math.floor(w / q)]
  if (!rows || !cols) throw new Error(`patchify: [${x.shape}] is smaller than one patch of ${p} × ${q}`)
  const whole = slice(slice(x, { axis: 2, start: 0, end: rows * p }), { axis: 3, start: 0, end: cols * q })
  const grid = transpose(reshape(whole, [b, c, rows, p, cols, q]), [0, 2, 4, 1, 3, 5])
  return reshape(grid, [b, rows * cols, c * p * q])
}

/**
 * ViT patch embedding: a Linear on each patch's pixels, with a convolution's weight [D, C, p, q]. Returns [B, N, D].
 */
export function patchEmbed(x: Value, weight: Value, bias?: Value): Value {
  const [d, c, p, q] = weight.shape as [number, number, number, number]
  if (c !== x.shape[1]) throw new Error(`patchEmbed: [${x.shape}] does not fit [${weight.shape}]`)
  return linear(patchify(x, [p, q]), reshape(weight, [d, c * p * q]), bias)
}
