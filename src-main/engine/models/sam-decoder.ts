import type { Value } from '../graph/graph.ts'
import { activations } from '../nn/activations.ts'
import { attend } from '../nn/attention.ts'
import { convolution } from '../nn/conv.ts'
import type { Params } from '../nn/params.ts'
import { layerNorm, linear } from '../nn/transformer.ts'
import {
  add,
  concat,
  convTranspose,
  cos,
  div,
  equal,
  expand,
  gather,
  gelu,
  matmul,
  mul,
  relu,
  reshape,
  sin,
  slice,
  sub,
  swapLast,
  unsqueeze,
  where,
} from '../ops/index.ts'
import type { MaskConfig } from './sam-config.ts'
import { channelNorm } from './sam-encoder.ts'
import { PointKind, type Prompts } from './segmenter.ts'
import type { TensorList } from './tensors.ts'

/*
 * SAM's prompt encoder and mask decoder (Kirillov et al. 2023, "Segment anything", §A): points become tokens that
 * exchange what they know with the image's embedding in both directions; each mask token then gives a linear classifier
 * of the upscaled embedding's pixels.
 */

type Decoder = MaskConfig['mask_decoder_config']
const [PROMPT, DECODER] = ['prompt_encoder', 'mask_decoder']
const POSITIONS = 'shared_image_embedding.positional_embedding'
/** The layers' cross-attention is narrower by 2; attention_downsample_rate is that of the final attention alone. */
const RATE = 2
/** Fixed in transformers, whatever layer_norm_eps says. */
const [FINAL_EPS, UPSCALE_EPS] = [1e-5, 1e-6]

/** Logits [P, 1 + choices, side, side] and IoU [P, 1 + choices] for an embedding [1, C, g, g]. */
export function samMasks(p: Params, c: MaskConfig, embedding: Value, prompts: Prompts): { logits: Value; iou: Value } {
  const d = c.mask_decoder_config
  const [, width, g] = embedding.shape as [number, number, number, number]
  const n = prompts.points.shape[0]!
  const learned = concat([p.get(`${DECODER}.iou_token.weight`, [1, width]), maskTokens(p, d)], { axis: 0 })
  const own = learned.shape[0]!
  const tokens = concat([expand(unsqueeze(learned, [0]), [n, own, width]), pointTokens(p, c, prompts)], { axis: 1 })
  const image = add(embedding, maskEmbedding(p, c, prompts.mask)) // [1 or P, C, g, g]
  const keys = expand(swapLast(reshape(image, [image.shape[0]!, width, g * g])), [n, g * g, width])
  const [answers, seen] = twoWay(p, d, tokens, keys, gridPositions(p, c))
  const classifiers = Array.from({ length: own - 1 }, (_, i) => {
    const token = slice(answers, { axis: 1, start: i + 1, end: i + 2 })
    return feedForward(p, `${DECODER}.output_hypernetworks_mlps.${i}`, token, [width, width / 8], 3)
  })
  const pixels = upscale(p, reshape(swapLast(seen), [n, width, g, g])) // [P, C/8, 4g, 4g]
  const logits = matmul(concat(classifiers, { axis: 1 }), reshape(pixels, [n, width / 8, 16 * g * g]))
  const iou = feedForward(
    p,
    `${DECODER}.iou_prediction_head`,
    slice(answers, { axis: 1, start: 0, end: 1 }),
    [d.iou_head_hidden_dim, own - 1],
    d.iou_head_depth,
  )
  return { logits: reshape(logits, [n, own - 1, 4 * g, 4 * g]), iou: reshape(iou, [n, own - 1]) }
}

export const maskTokens = (p: Params, d: Decoder): Value =>
  p.get(`${DECODER}.mask_tokens.weight`, [d.num_multimask_outputs + 1, d.hidden_size])

/** Random Fourier features (Tancik et al. 2020) of points [.., 2] in [0, 1]: [.., C]. */
export function positions(p: Params, c: MaskConfig, points: Value): Value {
  const angles = mul(matmul(sub(mul(points, 2), 1), p.get(POSITIONS, [2, c.vision_config.num_pos_feats])), 2 * Math.PI)
  return concat([sin(angles), cos(angles)], { axis: -1 })
}

/** Positions of the embedding's cells, [1, g·g, C]. */
export function gridPositions(p: Params, c: MaskConfig): Value {
  const g = c.vision_config.grid
  const centres = Float32Array.from({ length: 2 * g * g }, (_, i) => ((i % 2 ? Math.floor(i / (2 * g)) : (i >> 1) % g) + 0.5) / g)
  return positions(p, c, p.graph.constant(centres, 'float32', [1, g * g, 2]))
}

/** [P, N, C]: position plus the embedding of the point's kind; for `none`, the latter alone. */
function pointTokens(p: Params, c: MaskConfig, { points, kinds }: Prompts): Value {
  const width = c.prompt_encoder_config.hidden_size
  const names = [...Array.from({ length: 4 }, (_, i) => `point_embed.${i}`), 'not_a_point_embed']
  const table = concat(
    names.map((name) => p.get(`${PROMPT}.${name}.weight`, [1, width])),
    { axis: 0 },
  )
  const at = positions(p, c, div(add(points, 0.5), c.prompt_encoder_config.image_size)) // centres of pixels
  return add(where(unsqueeze(equal(kinds, PointKind.none), [2]), 0, at), gather(table, kinds))
}

/** The embedding of a previous mask [P, 1, 4g, 4g], or of none: [P or 1, C, g or 1, g or 1]. */
export function maskEmbedding(p: Params, c: MaskConfig, mask: Value | undefined): Value {
  const { hidden_size: width, mask_input_channels: m, layer_norm_eps: eps, hidden_act } = c.prompt_encoder_config
  if (!mask) return reshape(p.get(`${PROMPT}.no_mask_embed.weight`, [1, width]), [1, width, 1, 1])
  const name = `${PROMPT}.mask_embed`
  let x = mask
  for (const [i, out] of [m / 4, m].entries()) {
    x = convolution(p, `${name}.conv${i + 1}`, x, out, { kernel: [2, 2], stride: 2 })
    x = activations[hidden_act](channelNorm(p, `${name}.layer_norm${i + 1}`, x, eps))
  }
  return convolution(p, `${name}.conv3`, x, width, { kernel: [1, 1] })
}

/** The two-way Transformer: tokens [P, T, C] and image [P, N, C], both after the exchange. */
export function twoWay(p: Params, c: Decoder, points: Value, image: Value, places: Value, rate = RATE): [tokens: Value, image: Value] {
  const { hidden_size: width, layer_norm_eps: eps } = c
  let [tokens, keys] = [points, image]
  for (let i = 0; i < c.num_hidden_layers; i++) {
    const at = `${DECODER}.transformer.layers.${i}`
    const norm = (n: number, x: Value) => layerNorm(p, `${at}.layer_norm${n}`, x, eps)
    if (i === 0) tokens = norm(1, attention(p, `${at}.self_attn`, c, tokens, tokens, tokens, 1))
    else {
      const placed = add(tokens, points)
      tokens = norm(1, add(tokens, attention(p, `${at}.self_attn`, c, placed, placed, tokens, 1)))
    }
    const read = attention(p, `${at}.cross_attn_token_to_image`, c, add(tokens, points), add(keys, places), keys, rate)
    tokens = norm(2, add(tokens, read))
    const hidden = activations[c.hidden_act](linear(p, `${at}.mlp.lin1`, tokens, c.mlp_dim))
    tokens = norm(3, add(tokens, linear(p, `${at}.mlp.lin2`, hidden, width)))
    const told = attention(p, `${at}.cross_attn_image_to_token`, c, add(keys, places), add(tokens, points), tokens, rate)
    keys = norm(4, add(keys, told))
  }
  const name = `${DECODER}.transformer`
  const last = attention(p, `${name}.final_attn_token_to_image`, c, add(tokens, points), add(keys, places), keys)
  return [layerNorm(p, `${name}.layer_norm_final_attn`, add(tokens, last), FINAL_EPS), keys]
}

/** Attention in a space narrower by `rate`. */
function attention(p: Params, name: string, c: Decoder, q: Value, k: Value, v: Value, rate = c.attention_downsample_rate): Value {
  const inner = Math.floor(c.hidden_size / rate)
  const project = (part: string, x: Value) => linear(p, `${name}.${part}_proj`, x, inner)
  const y = p.scoped(name, () => attend(project('q', q), project('k', k), project('v', v), { heads: c.num_attention_heads }))
  return linear(p, `${name}.out_proj`, y, c.hidden_size)
}

/** An MLP of `depth` linear layers, through `hidden` to `out` features. */
export function feedForward(p: Params, name: string, x: Value, [hidden, out]: readonly [number, number], depth: number): Value {
  let y = relu(linear(p, `${name}.proj_in`, x, hidden))
  for (let i = 0; i < depth - 2; i++) y = relu(linear(p, `${name}.layers.${i}`, y, hidden))
  return linear(p, `${name}.proj_out`, y, out)
}

/** [P, C, g, g] → [P, C/8, 4g, 4g]. */
function upscale(p: Params, x: Value): Value {
  const width = x.shape[1]!
  const up = (i: number, y: Value, out: number) => {
    const name = `${DECODER}.upscale_conv${i}`
    const weight = p.get(`${name}.weight`, [y.shape[1]!, out, 2, 2])
    return p.scoped(name, () => convTranspose(y, weight, p.get(`${name}.bias`, [out]), { stride: 2 }))
  }
  const y = gelu(channelNorm(p, `${DECODER}.upscale_layer_norm`, up(1, x, width / 4), UPSCALE_EPS))
  return gelu(up(2, y, width / 8))
}

/** What the decoders of SAM and SAM 2 name or size differently. */
interface DecoderForm {
  readonly width: number
  /** Of an attention's output, and of the layers of a block's MLP. */
  readonly out: string
  readonly mlp: readonly [string, string]
  /** By how much narrower attention between tokens and image is, within the blocks. */
  readonly rate: number
}

/** The parts that both lists of tensors have, each to be listed in its place. */
export function decoderParts(list: TensorList, c: Decoder, { width, out, mlp: [first, second], rate }: DecoderForm) {
  const { weight, bias, affine, norm } = list.in('masks')
  const conv = (name: string, [a, b]: readonly [number, number], size: number, biased = a) => {
    weight(`${name}.weight`, [a, b, size, size])
    bias(`${name}.bias`, [biased])
  }
  const attended = (name: string, by: number) => {
    for (const part of ['q', 'k', 'v']) affine(`${name}.${part}_proj`, Math.floor(width / by), width)
    affine(`${name}.${out}`, width, Math.floor(width / by))
  }
  return {
    conv,
    /** Of an earlier mask, in `m` channels. */
    mask(m: number) {
      conv(`${PROMPT}.mask_embed.conv1`, [m / 4, 1], 2)
      conv(`${PROMPT}.mask_embed.conv2`, [m, m / 4], 2)
      conv(`${PROMPT}.mask_embed.conv3`, [width, m], 1)
      norm(`${PROMPT}.mask_embed.layer_norm1`, m / 4)
      norm(`${PROMPT}.mask_embed.layer_norm2`, m)
    },
    transformer() {
      const name = `${DECODER}.transformer`
      for (let i = 0; i < c.num_hidden_layers; i++) {
        const at = `${name}.layers.${i}`
        attended(`${at}.self_attn`, 1)
        for (const way of ['token_to_image', 'image_to_token']) attended(`${at}.cross_attn_${way}`, rate)
        affine(`${at}.mlp.${first}`, c.mlp_dim, width)
        affine(`${at}.mlp.${second}`, width, c.mlp_dim)
        for (let n = 1; n <= 4; n++) norm(`${at}.layer_norm${n}`, width)
      }
      attended(`${name}.final_attn_token_to_image`, c.attention_downsample_rate)
      norm(`${name}.layer_norm_final_attn`, width)
    },
    upscaling() {
      conv(`${DECODER}.upscale_conv1`, [width, width / 4], 2, width / 4)
      conv(`${DECODER}.upscale_conv2`, [width / 4, width / 8], 2, width / 8)
      norm(`${DECODER}.upscale_layer_norm`, width / 4)
    },
    mlp(at: string, hidden: number, last: number, depth: number) {
      affine(`${at}.proj_in`, hidden, width)
      for (let i = 0; i < depth - 2; i++) affine(`${at}.layers.${i}`, hidden, hidden)
      affine(`${at}.proj_out`, last, hidden)
    },
    /** Of each mask's classifier, and of the masks' predicted IoU. */
    heads() {
      for (let i = 0; i <= c.num_multimask_outputs; i++) this.mlp(`${DECODER}.output_hypernetworks_mlps.${i}`, width, width / 8, 3)
      this.mlp(`${DECODER}.iou_prediction_head`, c.iou_head_hidden_dim, c.num_multimask_outputs + 1, c.iou_head_depth)
    },
  }
}

export function decoderTensors(list: TensorList, { vision_config, prompt_encoder_config: e, mask_decoder_config: c }: MaskConfig): void {
  const { embedding } = list.in('masks')
  const width = c.hidden_size
  const parts = decoderParts(list, c, { width, out: 'out_proj', mlp: ['lin1', 'lin2'], rate: RATE })
  embedding(POSITIONS, [2, vision_config.num_pos_feats])
  for (const name of ['no_mask_embed', 'not_a_point_embed', ...Array.from({ length: 4 }, (_, i) => `point_embed.${i}`)])
    embedding(`${PROMPT}.${name}.weight`, [1, width])
  parts.mask(e.mask_input_channels)
  embedding(`${DECODER}.iou_token.weight`, [1, width])
  embedding(`${DECODER}.mask_tokens.weight`, [c.num_multimask_outputs + 1, width])
  parts.transformer()
  parts.upscaling()
  parts.heads()
}
