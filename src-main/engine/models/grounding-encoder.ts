import type { Value } from '../graph/graph.ts'
import { activations } from '../nn/activations.ts'
import { multiHeadAttention } from '../nn/attention.ts'
import type { Params } from '../nn/params.ts'
import { layerNorm, linear } from '../nn/transformer.ts'
import { add, concat, gather, gemm, mul, reshape, slice, softmax, swapLast } from '../ops/index.ts'
import { deformableAttention, deformableTensors, type Grids } from './deformable.ts'
import type { CaptionOf } from './detector.ts'
import type { GroundingConfig } from './grounding-config.ts'
import type { TensorList } from './tensors.ts'

/*
 * The feature enhancer of Grounding DINO (Liu et al. 2023, §3.2): in each layer, image and text attend to each other
 * (Li et al. 2022, GLIP, §3.2), then the text to itself and the image to itself by deformable attention.
 */

/** How transformers names the projections of its multi-head attention in this family. */
export const NAMES = { query: 'query', key: 'key', value: 'value', out: 'out_proj' }

export interface Enhanced {
  /** [S, D]. */
  readonly image: Value
  /** [T, D]. */
  readonly text: Value
}

/**
 * Image features [S, D] and text features [T, D], each knowing of the other.
 * @param places what is added to the image's queries [S, D]
 * @param around the middle of each place [S, 2]
 */
export function enhance(
  p: Params,
  c: GroundingConfig,
  features: Enhanced,
  { grids, places, around, caption }: { grids: Grids; places: Value; around: Value; caption: CaptionOf<Value> },
): Enhanced {
  const { d_model: d, layer_norm_eps: eps, encoder_attention_heads: heads } = c
  const act = activations[c.activation_function]
  let { image, text } = features
  for (let i = 0; i < c.encoder_layers; i++) {
    const name = `model.encoder.layers.${i}`
    ;({ image, text } = fused(p, `${name}.fusion_layer`, c, { image, text }, caption.absent))
    const among = `${name}.text_enhancer_layer`
    const placed = reshape(add(text, sines(caption.places, d)), [1, ...text.shape])
    const told = multiHeadAttention(
      p,
      `${among}.self_attn`,
      { query: placed, value: reshape(text, placed.shape) },
      { heads: heads / 2, mask: caption.apart, names: NAMES },
    )
    text = layerNorm(p, `${among}.layer_norm_before`, add(text, reshape(told, text.shape)), eps)
    const inner = act(linear(p, `${among}.fc1`, text, Math.floor(c.encoder_ffn_dim / 2)))
    text = layerNorm(p, `${among}.layer_norm_after`, add(linear(p, `${among}.fc2`, inner, d), text), eps)

    const deform = `${name}.deformable_layer`
    const o = { heads, points: c.encoder_n_points, grids }
    const read = deformableAttention(p, `${deform}.self_attn`, add(image, places), image, around, o)
    image = layerNorm(p, `${deform}.self_attn_layer_norm`, add(image, read), eps)
    const hidden = act(linear(p, `${deform}.fc1`, image, c.encoder_ffn_dim))
    image = layerNorm(p, `${deform}.final_layer_norm`, add(image, linear(p, `${deform}.fc2`, hidden, d)), eps)
  }
  return { image, text }
}

/** Attention in both directions by the same logits, one head after the other: of all heads, they would take much memory. */
function fused(p: Params, name: string, c: GroundingConfig, features: Enhanced, absent: Value): Enhanced {
  const { d_model: d, layer_norm_eps: eps } = c
  const heads = c.encoder_attention_heads / 2
  const inner = Math.floor(c.encoder_ffn_dim / 2)
  const image = layerNorm(p, `${name}.layer_norm_vision`, features.image, eps)
  const text = layerNorm(p, `${name}.layer_norm_text`, features.text, eps)
  const project = (part: string, x: Value) => linear(p, `${name}.attn.${part}`, x, inner)
  const queries = mul(project('vision_proj', image), (inner / heads) ** -0.5)
  const [keys, seen, read] = [project('text_proj', text), project('values_vision_proj', image), project('values_text_proj', text)]
  const ofHead = Array.from({ length: heads }, (_, h) => {
    const own = (x: Value) => slice(x, { axis: 1, start: (h * inner) / heads, end: ((h + 1) * inner) / heads })
    const logits = p.scoped(`${name}.attn`, () => gemm(own(queries), own(keys), undefined, { transB: true })) // [S, T]
    return { image: gemm(softmax(add(logits, absent)), own(read)), text: gemm(softmax(swapLast(logits)), own(seen)) }
  })
  const joined = (of: keyof Enhanced) =>
    concat(
      ofHead.map((x) => x[of]),
      { axis: 1 },
    )
  const scaled = (of: 'vision' | 'text', x: Value) => mul(linear(p, `${name}.attn.out_${of}_proj`, x, d), p.get(`${name}.${of}_param`, [d]))
  return { image: add(image, scaled('vision', joined('image'))), text: add(text, scaled('text', joined('text'))) }
}

/** Sinusoidal embeddings [T, D] of integer positions [T] (int32), below T. */
function sines(positions: Value, d: number): Value {
  const t = positions.shape[0]!
  const angles = Float32Array.from(
    { length: t * d },
    (_, i) => (Math.floor(i / d) * 2 * Math.PI) / 10_000 ** ((2 * Math.floor((i % d) / 2)) / d),
  )
  const table = angles.map((a, i) => (i % 2 ? Math.cos(a) : Math.sin(a)))
  return gather(positions.graph.constant(table, 'float32', [t, d]), positions)
}

export function encoderTensors(list: TensorList, c: GroundingConfig): void {
  const joint = list.in('joint')
  const { affine, norm } = joint
  const { d_model: d, encoder_ffn_dim: ffn } = c
  const half = Math.floor(ffn / 2)
  for (let i = 0; i < c.encoder_layers; i++) {
    const name = `model.encoder.layers.${i}`
    const among = `${name}.text_enhancer_layer`
    attentionTensors(joint, `${among}.self_attn`, d)
    affine(`${among}.fc1`, half, d)
    affine(`${among}.fc2`, d, half)
    for (const at of ['before', 'after']) norm(`${among}.layer_norm_${at}`, d)

    const both = `${name}.fusion_layer`
    for (const of of ['vision', 'text']) {
      norm(`${both}.layer_norm_${of}`, d)
      affine(`${both}.attn.${of}_proj`, half, d)
      affine(`${both}.attn.values_${of}_proj`, half, d)
      affine(`${both}.attn.out_${of}_proj`, d, half)
      joint.weight(`${both}.${of}_param`, [d])
    }

    const deform = `${name}.deformable_layer`
    deformableTensors(joint, `${deform}.self_attn`, d, {
      heads: c.encoder_attention_heads,
      points: c.encoder_n_points,
      levels: c.num_feature_levels,
    })
    affine(`${deform}.fc1`, ffn, d)
    affine(`${deform}.fc2`, d, ffn)
    for (const at of ['self_attn', 'final']) norm(`${deform}.${at}_layer_norm`, d)
  }
}

export function attentionTensors({ affine }: ReturnType<TensorList['in']>, name: string, d: number): void {
  for (const part of Object.values(NAMES)) affine(`${name}.${part}`, d, d)
}
