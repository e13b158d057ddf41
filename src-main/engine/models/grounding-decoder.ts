import type { Value } from '../graph/graph.ts'
import { activations } from '../nn/activations.ts'
import { multiHeadAttention } from '../nn/attention.ts'
import type { Params } from '../nn/params.ts'
import { layerNorm, linear } from '../nn/transformer.ts'
import { add, clip, concat, div, gather, gemm, log, mul, reduceMax, relu, reshape, sigmoid, sin, slice, sub, topK } from '../ops/index.ts'
import { deformableAttention, deformableTensors, type Grids, places } from './deformable.ts'
import type { CaptionOf } from './detector.ts'
import type { GroundingConfig } from './grounding-config.ts'
import { attentionTensors, type Enhanced, NAMES } from './grounding-encoder.ts'
import type { TensorList } from './tensors.ts'

/*
 * Grounding DINO's choice of queries and its decoder (Liu et al. 2023, §3.3 and §3.4; Zhang et al. 2023, DINO, §3.4): the
 * places that are most like some word become boxes, each layer of the decoder refines them, and a box's likeness to a word
 * is the product of their features.
 */

/** MM-Grounding-DINO divides likeness by √D and adds a bias (Zhao et al. 2024, §3.1). */
const isScaled = (c: GroundingConfig) => c.model_type === 'mm-grounding-dino'

/** Boxes [N, 4], by centre and size relative to the image, and their likeness to each token, [T, N]. */
export function decode(
  p: Params,
  c: GroundingConfig,
  { image, text }: Enhanced,
  grids: Grids,
  caption: CaptionOf<Value>,
): { boxes: Value; logits: Value } {
  const { d_model: d, layer_norm_eps: eps, decoder_attention_heads: heads } = c
  const act = activations[c.activation_function]
  let boxes = chosen(p, c, { image, text }, grids, caption.absent)
  const n = boxes.shape[0]!
  let x = slice(p.get('model.query_position_embeddings.weight', [c.num_queries, d]), { axis: 0, start: 0, end: n })
  const whole = (y: Value) => reshape(y, [1, ...y.shape])
  for (let i = 0; i < c.decoder_layers; i++) {
    const name = `model.decoder.layers.${i}`
    const at = feedForward(p, 'model.decoder.reference_points_head', sines(boxes, d / 2), [d, d], 2)
    const norm = (part: string, y: Value) => layerNorm(p, `${name}.${part}_layer_norm`, add(x, reshape(y, [n, d])), eps)
    const among = { query: whole(add(x, at)), value: whole(x) }
    x = norm('self_attn', multiHeadAttention(p, `${name}.self_attn`, among, { heads, names: NAMES }))
    const read = { query: whole(add(x, at)), key: whole(text) }
    x = norm('encoder_attn_text', multiHeadAttention(p, `${name}.encoder_attn_text`, read, { heads, mask: caption.absent, names: NAMES }))
    const seen = { heads, points: c.decoder_n_points, grids }
    x = norm('encoder_attn', deformableAttention(p, `${name}.encoder_attn`, add(x, at), image, boxes, seen))
    const hidden = act(linear(p, `${name}.fc1`, x, c.decoder_ffn_dim))
    x = norm('final', linear(p, `${name}.fc2`, hidden, d))
    const isLast = i + 1 === c.decoder_layers
    // Layers pass on their features as they are; only what is read from the last of them is normalised.
    if (isLast) x = layerNorm(p, 'model.decoder.layer_norm', x, eps)
    const head = `bbox_embed.${c.decoder_bbox_embed_share ? 0 : i}`
    boxes = sigmoid(add(feedForward(p, head, x, [d, 4], 3), unsigmoid(boxes)))
  }
  const likeness = gemm(text, x, undefined, { transB: true })
  if (!isScaled(c)) return { boxes, logits: likeness }
  const bias = p.get(`class_embed.${c.decoder_cls_embed_share ? 0 : c.decoder_layers - 1}.bias`, [])
  return { boxes, logits: add(mul(likeness, d ** -0.5), bias) }
}

/** The places that are most like some token, as boxes [N, 4]. Scale and bias of the likeness don't change their order. */
function chosen(p: Params, c: GroundingConfig, { image, text }: Enhanced, grids: Grids, absent: Value): Value {
  const { d_model: d, layer_norm_eps: eps } = c
  const { boxes, inside } = proposals(grids)
  const n = places(grids)
  const objects = layerNorm(
    p,
    'model.enc_output_norm',
    linear(p, 'model.enc_output', mul(image, p.graph.constant(inside, 'float32', [n, 1])), d),
    eps,
  )
  const likeness = reduceMax(add(gemm(objects, text, undefined, { transB: true }), absent), { axes: [1] })
  const { indices } = topK(likeness, { k: Math.min(c.num_queries, n) })
  const moved = feedForward(p, 'model.encoder_output_bbox_embed', gather(objects, indices), [d, 4], 3)
  return sigmoid(add(moved, gather(p.graph.constant(boxes, 'float32', [n, 4]), indices)))
}

/**
 * A box around each place, larger for a coarser level, before the sigmoid. Those too near to the edge have no features, and
 * boxes that nothing moves.
 */
function proposals(grids: Grids): { boxes: Float32Array; inside: Float32Array } {
  const [boxes, inside] = [new Float32Array(4 * places(grids)), new Float32Array(places(grids))]
  let i = 0
  grids.forEach(([h, w], level) => {
    const size = 0.05 * 2 ** level
    for (let y = 0; y < h; y++)
      for (let x = 0; x < w; x++, i++) {
        const box = [(x + 0.5) / w, (y + 0.5) / h, size, size]
        inside[i] = Number(box.every((side) => side > 0.01 && side < 0.99))
        boxes.set(inside[i] ? box.map((side) => Math.log(side / (1 - side))) : Array<number>(4).fill(1e30), 4 * i)
      }
  })
  return { boxes, inside }
}

/** log(x / (1 − x)), with x at least 10⁻⁵ from 0 and 1. */
function unsigmoid(x: Value): Value {
  const within = clip(x, { min: 1e-5, max: 1 - 1e-5 })
  return log(div(within, sub(1, within)))
}

/** Sinusoidal embeddings of boxes [N, 4], `width` features for each of y, x, width and height: [N, 4·width]. */
function sines(boxes: Value, width: number): Value {
  const column = (i: number) => slice(boxes, { axis: 1, start: i, end: i + 1 })
  const sides = reshape(concat([column(1), column(0), slice(boxes, { axis: 1, start: 2 })], { axis: 1 }), [boxes.shape[0]!, 4, 1])
  const constant = (f: (i: number) => number) =>
    boxes.graph.constant(
      Float32Array.from({ length: width }, (_, i) => f(i)),
      'float32',
      [width],
    )
  const rates = constant((i) => (2 * Math.PI) / 10_000 ** ((2 * Math.floor(i / 2)) / width))
  const phases = constant((i) => (i % 2 ? Math.PI / 2 : 0)) // every other one is a cosine
  return reshape(sin(add(mul(sides, rates), phases)), [boxes.shape[0]!, 4 * width])
}

/** `depth` linear layers of width D with ReLU between them, to `out` features. */
function feedForward(p: Params, name: string, x: Value, [hidden, out]: readonly [number, number], depth: number): Value {
  let y = x
  for (let i = 0; i < depth - 1; i++) y = relu(linear(p, `${name}.layers.${i}`, y, hidden))
  return linear(p, `${name}.layers.${depth - 1}`, y, out)
}

export function decoderTensors(list: TensorList, c: GroundingConfig): void {
  const head = list.in('head')
  const { affine, norm, scalar, embedding } = head
  const d = c.d_model
  const layered = (name: string, into: number, out: number, depth: number) => {
    for (let i = 0; i < depth; i++) affine(`${name}.layers.${i}`, i === depth - 1 ? out : d, i === 0 ? into : d)
  }
  affine('model.enc_output', d, d)
  norm('model.enc_output_norm', d)
  layered('model.encoder_output_bbox_embed', d, 4, 3)
  embedding('model.query_position_embeddings.weight', [c.num_queries, d])
  layered('model.decoder.reference_points_head', 2 * d, d, 2)
  for (let i = 0; i < c.decoder_layers; i++) {
    const name = `model.decoder.layers.${i}`
    for (const part of ['self_attn', 'encoder_attn_text']) attentionTensors(head, `${name}.${part}`, d)
    deformableTensors(head, `${name}.encoder_attn`, d, {
      heads: c.decoder_attention_heads,
      points: c.decoder_n_points,
      levels: c.num_feature_levels,
    })
    affine(`${name}.fc1`, c.decoder_ffn_dim, d)
    affine(`${name}.fc2`, d, c.decoder_ffn_dim)
    for (const part of ['self_attn', 'encoder_attn_text', 'encoder_attn', 'final']) norm(`${name}.${part}_layer_norm`, d)
  }
  norm('model.decoder.layer_norm', d)
  for (let i = 0; i < (c.decoder_bbox_embed_share ? 1 : c.decoder_layers); i++) layered(`bbox_embed.${i}`, d, 4, 3)
  if (!isScaled(c)) return
  scalar('model.encoder_output_class_embed.bias')
  for (let i = 0; i < (c.decoder_cls_embed_share ? 1 : c.decoder_layers); i++) scalar(`class_embed.${i}.bias`)
}
