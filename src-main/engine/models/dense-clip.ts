import type { Value } from '../graph/graph.ts'
import { attend } from '../nn/attention.ts'
import type { Params } from '../nn/params.ts'
import { layerNorm, linear } from '../nn/transformer.ts'
import { reshape, swapLast } from '../ops/index.ts'
import type { Similarity } from './model.ts'
import type { DensePatches, Segmenter } from './segmenter.ts'

/*
 * Segmentation by a model that was only trained to compare whole images with texts. Its last attention mixes the image
 * into one vector; with that attention replaced, the model's own projection makes each patch comparable with texts:
 * MaskCLIP (Zhou et al. 2022, "Extract free dense labels from CLIP") lets a patch attend to itself alone, NACLIP
 * (Hajimiri et al. 2025, "Pay attention to your neighbours", §3) to patches with similar keys, nearby ones first.
 */

/** Standard deviation, in patches, of the window over a patch's neighbours (Hajimiri et al. 2025, §4.1). */
const DEVIATION = 5

/**
 * ω (Hajimiri et al. 2025, eq. 8): exp(−‖a − b‖² / 2σ²) for positions a and b of a grid gh × gw. The `first` tokens
 * before the patches have no position: 0. [T, T] with T = first + gh·gw.
 */
export function neighbourhood(gh: number, gw: number, first: number, deviation = DEVIATION): Float32Array {
  const t = first + gh * gw
  const out = new Float32Array(t * t)
  for (let i = first; i < t; i++)
    for (let j = first; j < t; j++) {
      const down = Math.floor((i - first) / gw) - Math.floor((j - first) / gw)
      const right = ((i - first) % gw) - ((j - first) % gw)
      out[i * t + j] = Math.exp(-(down * down + right * right) / (2 * deviation * deviation))
    }
  return out
}

/** softmax(k·kᵀ/√d + ω)·v per head, for tokens [B, T, D] of which the last gh·gw are patches. */
export function neighbourAttention(k: Value, v: Value, heads: number, [gh, gw]: readonly [number, number]): Value {
  const t = k.shape[1]!
  const bias = k.graph.constant(neighbourhood(gh, gw, t - gh * gw), 'float32', [t, t])
  return attend(k, k, v, { heads, bias })
}

/**
 * The last layer of a pre-norm encoder for dense features: its attention alone, by neighbours; without the residual and
 * the MLP, which carry what describes the whole image (Hajimiri et al. 2025, §3.3). Tokens [B, T, D] → [B, T, D].
 */
export function denseLayer(
  p: Params,
  layer: string,
  x: Value,
  c: { readonly num_attention_heads: number; readonly layer_norm_eps: number },
  grid: readonly [number, number],
): Value {
  const d = x.shape.at(-1)!
  return p.scoped(layer, () => {
    const y = layerNorm(p, `${layer}.layer_norm1`, x, c.layer_norm_eps)
    const [k, v] = [linear(p, `${layer}.self_attn.k_proj`, y, d), linear(p, `${layer}.self_attn.v_proj`, y, d)]
    return linear(p, `${layer}.self_attn.out_proj`, neighbourAttention(k, v, c.num_attention_heads, grid), d)
  })
}

/** The segmenter made of a contrastive model. */
export const denseSegmenter = (dense: DensePatches, similarity: Similarity): Segmenter => ({
  competing: true,
  unit: true,
  windows: true,
  patches: 'dense',
  encode(p, pixels) {
    const y = dense.embed(p, pixels)
    return { dense: reshape(y, y.shape.slice(1)) }
  },
  dense,
  masks(p, { dense: features }, queries) {
    const [h, w, d] = features!.shape as [number, number, number]
    return reshape(swapLast(similarity.logits(p, reshape(features!, [h * w, d]), queries)), [queries.shape[0]!, h, w])
  },
})
