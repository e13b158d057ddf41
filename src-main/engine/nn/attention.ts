import type { Value } from '../graph/graph.ts'
import { add, fusedAttention, gather, linear, matmul, mul, reshape, softmax, swapLast, transpose, where } from '../ops/index.ts'
import type { Weights } from './params.ts'

const LOWEST = -3.4028234663852886e38

export interface AttentionOptions {
  readonly heads: number
  /**
   * Which keys each query may attend to, broadcast to [B, H, Tq, Tk]: bool (true: may attend), or float32 added to
   * the logits. A fully masked query attends uniformly instead of giving NaN.
   */
  readonly mask?: Value
  /** Added to the logits, broadcast to [B, H, Tq, Tk]: e.g. {@link relativeBias}. */
  readonly bias?: Value
}

/** Attention weights of one example that are held at once. 2²⁴ float32 take 64 MB. */
const WEIGHTS_AT_ONCE = 2 ** 24

/** Whether attention without a mask or bias is one node, since its weights would take too much memory. */
export const isFused = (heads: number, queries: number, keys: number): boolean => heads * queries * keys > WEIGHTS_AT_ONCE

/**
 * softmax(q·kᵀ/√d + bias)·v per head (Vaswani et al. 2017, eq. 1): q [B, Tq, D], k [B, Tk, D], v [B, Tk, E] → [B, Tq,
 * E].
 */
export function attend(q: Value, k: Value, v: Value, { heads, mask, bias }: AttentionOptions): Value {
  const split = (x: Value) => transpose(reshape(x, [x.shape[0]!, x.shape[1]!, heads, x.shape[2]! / heads]), [0, 2, 1, 3]) // [B, H, T, d]
  const width = q.shape[2]! / heads
  if (!Number.isInteger(width) || v.shape[2]! % heads) throw new Error(`attention: ${heads} heads do not divide [${q.shape}], [${v.shape}]`)
  if (!mask && !bias && v.shape[2] === q.shape[2] && isFused(heads, q.shape[1]!, k.shape[1]!)) return fusedAttention(q, k, v, { heads })
  let logits = matmul(split(mul(q, width ** -0.5)), swapLast(split(k))) // [B, H, Tq, Tk]
  if (bias) logits = add(logits, bias)
  if (mask) logits = mask.dtype === 'bool' ? where(mask, logits, LOWEST) : add(logits, mask)
  const y = matmul(softmax(logits), split(v)) // [B, H, Tq, e]
  return reshape(transpose(y, [0, 2, 1, 3]), [q.shape[0]!, q.shape[1]!, v.shape[2]!])
}

/** The inputs of a layer's keys and values; both default to the query's input. */
export interface AttentionSources {
  readonly query: Value
  readonly key?: Value
  readonly value?: Value
}

export interface MultiHeadOptions extends AttentionOptions {
  /** Names of the projections within the layer; by default those of transformers' CLIP. */
  readonly names?: { readonly query: string; readonly key: string; readonly value: string; readonly out: string }
}

/**
 * Multi-head attention (Vaswani et al. 2017, §3.2.2) of `query` [B, Tq, D] over `key` and `value` [B, Tk, *], for
 * self- and cross-attention.
 */
export function multiHeadAttention(
  p: Weights,
  name: string,
  { query, key = query, value = key }: AttentionSources,
  o: MultiHeadOptions,
): Value {
  const { names = { query: 'q_proj', key: 'k_proj', value: 'v_proj', out: 'out_proj' } } = o
  const d = query.shape.at(-1)!
  const project = (part: string, x: Value) => {
    const module = `${name}.${part}`
    return p.scoped(module, () =>
      p.leave(module, linear(x, p.get(`${module}.weight`, [d, x.shape.at(-1)!]), p.get(`${module}.bias`, [d])), x),
    )
  }
  return p.scoped(name, () => {
    const y = attend(project(names.query, query), project(names.key, key), project(names.value, value), o)
    return project(names.out, y)
  })
}

/**
 * The learned relative position bias of Swin (Liu et al. 2021, §3.2) for a window of h × w tokens: the table `name`
 * [(2h − 1)·(2w − 1), heads] looked up for each pair's offset: [heads, h·w, h·w].
 */
export function relativeBias(p: Weights, name: string, [h, w]: readonly [number, number], heads: number): Value {
  const t = h * w
  const at = Int32Array.from({ length: t * t }, (_, i) => {
    const [a, b] = [Math.floor(i / t), i % t]
    const down = Math.floor(a / w) - Math.floor(b / w) + h - 1
    return down * (2 * w - 1) + (a % w) - (b % w) + w - 1
  })
  return p.scoped(name, () => {
    const table = p.get(name, [(2 * h - 1) * (2 * w - 1), heads])
    return transpose(gather(table, p.graph.constant(at, 'int32', [t, t])), [2, 0, 1])
  })
}
