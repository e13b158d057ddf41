import { mul, sub } from './arithmetic.ts'
import { defineOp } from './define.ts'
import { matmul } from './linear.ts'
import { softmax } from './normalise.ts'
import { reduceSum } from './reduce.ts'
import { concat, slice, swapLast } from './shape.ts'
import type { Value } from '../graph/graph.ts'

const fused = defineOp<{ heads: number }>('MultiHeadAttention', {
  shape: ([q, k, v], { heads }) => {
    const [[b, n, d], [, t]] = [q!.shape as [number, number, number], k!.shape as [number, number]]
    if (d % heads || k!.shape.join() !== [b, t, d].join() || v!.shape.join() !== [b, t, d].join())
      throw new Error(`MultiHeadAttention: [${q!.shape}], [${k!.shape}], [${v!.shape}] with ${heads} heads`)
    return [b, n, d]
  },
  emit: (inputs, { heads }) => ({ domain: 'com.microsoft', inputs, attributes: { num_heads: heads } }),
  // The weights are computed again, head by head.
  vjp: ({ inputs: [q, k, v], dy, attrs: { heads } }) => {
    const width = q!.shape[2]! / heads
    const grads = Array.from({ length: heads }, (_, h) => {
      const own = (x: Value) => slice(x, { axis: 2, start: h * width, end: (h + 1) * width })
      const [qs, ks, vs, ds] = [mul(own(q!), width ** -0.5), own(k!), own(v!), own(dy)]
      const weights = softmax(matmul(qs, swapLast(ks))) // [B, N, T]
      const dWeights = matmul(ds, swapLast(vs))
      const dLogits = mul(weights, sub(dWeights, reduceSum(mul(weights, dWeights), { axes: [-1], keepdims: true })))
      return [mul(matmul(dLogits, ks), width ** -0.5), matmul(swapLast(dLogits), qs), matmul(swapLast(weights), ds)]
    })
    return [0, 1, 2].map((i) =>
      concat(
        grads.map((g) => g[i]!),
        { axis: 2 },
      ),
    )
  },
})

/**
 * Attention of q [B, N, D] over k and v [B, T, D] with `heads` heads, as one node of onnxruntime, which never holds all
 * N × T weights at once.
 */
export const fusedAttention = (q: Value, k: Value, v: Value, { heads }: { heads: number }): Value => fused([q, k, v], { heads })[0]!
