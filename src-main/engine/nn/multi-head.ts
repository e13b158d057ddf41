import type { Value } from '../graph/graph.ts'
import { matmul, mul, reshape, softmax, swapLast, transpose } from '../ops/index.ts'

/**
 * Attention (Vaswani et al. 2017, §3.2) with `heads` heads, of queries [B, Q, D] over keys and values [B, T, D]: [B,
 * Q, D].
 */
export function multiHead(q: Value, k: Value, v: Value, heads: number): Value {
  const [b, n, d] = q.shape as [number, number, number]
  const split = (x: Value) => transpose(reshape(x, [b, x.shape[1]!, heads, d / heads]), [0, 2, 1, 3]) // [B, H, T, d]
  const weights = softmax(matmul(split(mul(q, (d / heads) ** -0.5)), swapLast(split(k))))
  return reshape(transpose(matmul(weights, split(v)), [0, 2, 1, 3]), [b, n, d])
}
