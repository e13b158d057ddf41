import type { Value } from '../graph/graph.ts'
import { add, layerNorm as normalise, linear as affine } from '../ops/index.ts'
import { type Activation, activations } from './activations.ts'
import { multiHeadAttention } from './attention.ts'
import type { Params } from './params.ts'

export interface EncoderConfig {
  readonly hidden_size: number
  readonly intermediate_size: number
  readonly num_hidden_layers: number
  readonly num_attention_heads: number
  readonly hidden_act: Activation
  readonly layer_norm_eps: number
}

/** y = x·Wᵀ + b over the last axis; tensors `NAME.weight` [out, in] and `NAME.bias` [out]. */
export function linear(p: Params, name: string, x: Value, out: number, { bias = true } = {}): Value {
  const weight = p.get(`${name}.weight`, [out, x.shape.at(-1)!])
  return p.scoped(name, () => p.leave(name, affine(x, weight, bias ? p.get(`${name}.bias`, [out]) : undefined), x))
}

export function layerNorm(p: Params, name: string, x: Value, eps: number): Value {
  const width = x.shape.at(-1)!
  return p.scoped(name, () => normalise(x, p.get(`${name}.weight`, [width]), p.get(`${name}.bias`, [width]), { eps }))
}

/** Multi-head self-attention (Vaswani et al. 2017, §3.2.2) on x [B, T, D]; `mask` is added to the logits [B, H, T, T]. */
export const attention = (p: Params, name: string, x: Value, c: EncoderConfig, mask?: Value): Value =>
  multiHeadAttention(p, name, { query: x }, { heads: c.num_attention_heads, mask })

export function mlp(p: Params, name: string, x: Value, c: EncoderConfig): Value {
  const hidden = p.scoped(name, () => activations[c.hidden_act](linear(p, `${name}.fc1`, x, c.intermediate_size)))
  return linear(p, `${name}.fc2`, hidden, x.shape.at(-1)!)
}

/** Pre-norm Transformer layer, tensors named as in transformers' CLIPEncoderLayer. */
export const encoderLayer = (p: Params, layer: string, x: Value, c: EncoderConfig, mask?: Value): Value =>
  p.block(layer, () => {
    const own = p.enter(layer, x)
    const attended = attention(p, `${layer}.self_attn`, layerNorm(p, `${layer}.layer_norm1`, own, c.layer_norm_eps), c, mask)
    const y = add(own, p.branch(layer, attended))
    return add(y, p.branch(layer, mlp(p, `${layer}.mlp`, layerNorm(p, `${layer}.layer_norm2`, y, c.layer_norm_eps), c)))
  })

/** Layers of {@link encoderLayer}. */
export function encoder(p: Params, name: string, x: Value, c: EncoderConfig, mask?: Value): Value {
  for (let i = 0; i < c.num_hidden_layers; i++) x = encoderLayer(p, `${name}.layers.${i}`, x, c, mask)
  return x
}

/** The layer as first published, with norms after the residuals (Vaswani et al. 2017, §3.1). */
export const postNormLayer = (p: Params, layer: string, x: Value, c: EncoderConfig): Value =>
  p.block(layer, () => {
    const y = layerNorm(p, `${layer}.layer_norm1`, add(x, attention(p, `${layer}.self_attn`, x, c)), c.layer_norm_eps)
    return layerNorm(p, `${layer}.layer_norm2`, add(y, mlp(p, `${layer}.mlp`, y, c)), c.layer_norm_eps)
  })

/**
 * A [T, T] mask added to attention logits: token i attends only to tokens ≤ i. Finite, as in transformers, so that no
 * row is NaN.
 */
export function causalMask(like: Value, t: number): Value {
  const mask = Float32Array.from({ length: t * t }, (_, i) => (i % t > Math.floor(i / t) ? -3.4028234663852886e38 : 0))
  return like.graph.constant(mask, 'float32', [t, t])
}
