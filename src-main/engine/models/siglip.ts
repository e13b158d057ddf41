import { z } from 'zod'
import { dataError } from '#shared/errors.ts'
import { sentence } from '#shared/sentences/table.ts'
import { processor } from '../data/preprocess.ts'
import type { Value } from '../graph/graph.ts'
import { multiHead } from '../nn/multi-head.ts'
import type { Params } from '../nn/params.ts'
import { encoder, layerNorm, linear, mlp } from '../nn/transformer.ts'
import {
  add,
  exp,
  expand,
  gather,
  gemm,
  l2Normalize,
  linear as affine,
  mul,
  patchEmbed,
  patchify,
  reshape,
  slice,
  transpose,
} from '../ops/index.ts'
import { activation, activationsOf, channels, epsilon, imageTower, layers, pictureCost, pictureSide, tower, upTo, width } from './bounds.ts'
import { denseSegmenter, neighbourAttention } from './dense-clip.ts'
import { activationName, essential } from './essence.ts'
import { bicubicMatrix, gridPositions, smoothBilinearMatrix } from './interpolate.ts'
import { type Architecture, defineFamily, type Family, type Similarity } from './model.ts'
import { TensorList } from './tensors.ts'

/*
 * SigLIP (Zhai et al. 2023, "Sigmoid loss for language image pre-training") with the structure and tensor names of
 * transformers (models/siglip/modeling_siglip.py): two pre-norm encoders without a class token. Images are pooled by
 * attention from a learned probe, texts are read at their last position, and every pair gets a sigmoid.
 */

const encoderConfig = {
  hidden_size: width.default(768),
  intermediate_size: width.default(3072),
  num_hidden_layers: layers.default(12),
  num_attention_heads: width.default(12),
  hidden_act: activation.default('gelu_pytorch_tanh'),
  layer_norm_eps: epsilon.default(1e-6),
}
const textConfig = z.object({
  ...encoderConfig,
  vocab_size: upTo(4_000_000).default(32_000),
  max_position_embeddings: upTo(8192).default(64),
  projection_size: width.nullish(),
})
export const siglipVision = z.object({
  ...encoderConfig,
  num_channels: channels,
  image_size: pictureSide.default(224),
  patch_size: pictureSide.default(16),
  vision_use_head: z.literal(true, { error: 'expected true: the pooled image is what a text is compared with' }).default(true),
})
export const siglipText = tower(textConfig, 'max_position_embeddings', (c) => c.max_position_embeddings).prefault({})
type VisionConfig = z.output<typeof siglipVision> & {
  /** Of NaFlex (siglip2.ts): patches enter as rows of numbers, and positions are resampled to any grid. */
  readonly flexible?: boolean
}
export interface SiglipConfig {
  readonly text_config: z.output<typeof siglipText>
  readonly vision_config: VisionConfig
}
/** Both towers end in one space. */
export const inOneSpace = (c: SiglipConfig): boolean =>
  (c.text_config.projection_size ?? c.text_config.hidden_size) === c.vision_config.hidden_size
export const otherSpace = {
  path: ['text_config', 'projection_size'],
  message: 'must be vision_config.hidden_size: texts and images are compared in one space',
}
const siglipConfig = z
  .object({ text_config: siglipText, vision_config: imageTower(siglipVision, { before: 0 }).prefault({}) })
  .refine(inOneSpace, otherSpace)

/** pixels [B, 3, H, W] → the encoder's output [B, N, D], patches in row-major order. */
function patchTokens(p: Params, { vision_config: v }: SiglipConfig, pixels: Value): Value {
  const m = 'vision_model'
  const [, , h, w] = pixels.shape as [number, number, number, number]
  const { hidden_size: d, patch_size: size, image_size } = v
  const g = Math.floor(image_size / size)
  const table = p.get(`${m}.embeddings.position_embedding.weight`, [g * g, d])
  const resampled = v.flexible ? smoothBilinearMatrix : bicubicMatrix
  const position = gridPositions(table, 0, g, Math.floor(h / size), Math.floor(w / size), resampled)
  const at = `${m}.embeddings.patch_embedding`
  // NaFlex has a linear layer of a patch's numbers, channels last.
  const patches = v.flexible
    ? linear(p, at, channelsLast(patchify(pixels, [size, size])), d)
    : patchEmbed(pixels, p.get(`${at}.weight`, patchShape(v)), p.get(`${at}.bias`, [d]))
  const x = add(patches, position)
  return layerNorm(p, `${m}.post_layernorm`, encoder(p, `${m}.encoder`, x, v), v.layer_norm_eps)
}

/** Patches [B, N, 3 · n] of one channel after the other → [B, N, n · 3]. */
function channelsLast(patches: Value): Value {
  const [b, n, size] = patches.shape as [number, number, number]
  return reshape(transpose(reshape(patches, [b, n, 3, size / 3]), [0, 1, 3, 2]), [b, n, size])
}

const patchShape = ({ hidden_size: d, patch_size: size, flexible }: VisionConfig): readonly number[] =>
  flexible ? [d, 3 * size * size] : [d, 3, size, size]

/** pixels [B, 3, H, W] → image embedding [B, D], not normalised. */
function imageEmbedding(p: Params, c: SiglipConfig, pixels: Value): Value {
  const x = patchTokens(p, c, pixels)
  const [b, , d] = x.shape as [number, number, number]
  const probe = expand(p.get(`${HEAD}.probe`, [1, 1, d]), [b, 1, d])
  return reshape(attentionPooling(p, x, c.vision_config, probe), [b, d])
}

/**
 * pixels [B, 3, H, W] → an embedding of each patch, [B, h, w, D]. The last attention is that of the pooling: there each
 * patch's key takes the place of the probe's query. Its MLP is kept: unlike an encoder layer's, it leads into the space
 * of the texts, and no residual of the whole image enters it.
 */
function denseEmbedding(p: Params, c: SiglipConfig, pixels: Value): Value {
  const { patch_size: size, hidden_size: d } = c.vision_config
  const [gh, gw] = [pixels.shape[2]!, pixels.shape[3]!].map((side) => Math.floor(side / size)) as [number, number]
  return reshape(attentionPooling(p, patchTokens(p, c, pixels), c.vision_config, [gh, gw]), [pixels.shape[0]!, gh, gw, d])
}

/**
 * Tokens [B, N, D] → [B, n, D]: attention from n queries, then an MLP (Zhai et al. 2022, "Scaling vision transformers",
 * §2.2). Given a grid instead of queries, each patch attends to its neighbours.
 */
function attentionPooling(p: Params, x: Value, v: SiglipConfig['vision_config'], from: Value | readonly [number, number]): Value {
  const name = HEAD
  const d = x.shape[2]!
  const [weight, bias] = [p.get(`${name}.attention.in_proj_weight`, [3 * d, d]), p.get(`${name}.attention.in_proj_bias`, [3 * d])]
  const project = (y: Value, part: number) => {
    const own = { axis: 0, start: part * d, end: (part + 1) * d }
    return affine(y, slice(weight, own), slice(bias, own))
  }
  const [k, values] = [project(x, 1), project(x, 2)]
  const attended =
    'graph' in from
      ? multiHead(project(from, 0), k, values, v.num_attention_heads)
      : neighbourAttention(k, values, v.num_attention_heads, from)
  const y = linear(p, `${name}.attention.out_proj`, attended, d)
  return add(y, mlp(p, `${name}.mlp`, layerNorm(p, `${name}.layernorm`, y, v.layer_norm_eps), v))
}

const tokenEmbedding = (p: Params, { text_config: t }: SiglipConfig, ids: Value): Value =>
  gather(p.get(TABLE, [t.vocab_size, t.hidden_size]), ids)

/**
 * Token embeddings [B, T, D] → text embedding [B, D], not normalised, of the last token: texts are padded to the full
 * context.
 */
function textEmbedding(p: Params, { text_config: t, vision_config: v }: SiglipConfig, tokens: Value): Value {
  const m = 'text_model'
  const [b, length, d] = tokens.shape as [number, number, number]
  const position = p.get(`${m}.embeddings.position_embedding.weight`, [t.max_position_embeddings, d])
  const x = encoder(p, `${m}.encoder`, add(tokens, slice(position, { axis: 0, start: 0, end: length })), t)
  const last = slice(layerNorm(p, `${m}.final_layer_norm`, x, t.layer_norm_eps), { axis: 1, start: length - 1, end: length })
  return linear(p, `${m}.head`, reshape(last, [b, d]), v.hidden_size)
}

const [SCALE, BIAS] = ['logit_scale', 'logit_bias']
const TABLE = 'text_model.embeddings.token_embedding.weight'
const HEAD = 'vision_model.head'
const scale = (p: Params): Value => exp(p.get(SCALE, [1]))

const similarity: Similarity = {
  scale,
  tensors: { scale: SCALE, bias: BIAS },
  logits: (p, image, text) =>
    add(mul(gemm(l2Normalize(image), l2Normalize(text), undefined, { transB: true }), scale(p)), p.get(BIAS, [1])),
  of: (weights) => ({ scale: Math.exp(weights.float32(SCALE)[0]!), bias: weights.float32(BIAS)[0]! }),
}

function tensors({ text_config: t, vision_config: v }: SiglipConfig): TensorList {
  const list = new TensorList()
  const [image, text, joint] = [list.in('image'), list.in('text'), list.in('joint')]
  for (const [m, c, { affine: layer, norm }] of [
    ['text_model', t, text],
    ['vision_model', v, image],
  ] as const)
    for (let i = 0; i < c.num_hidden_layers; i++) {
      const name = `${m}.encoder.layers.${i}`
      for (const x of ['q', 'k', 'v', 'out']) layer(`${name}.self_attn.${x}_proj`, c.hidden_size, c.hidden_size)
      layer(`${name}.mlp.fc1`, c.intermediate_size, c.hidden_size)
      layer(`${name}.mlp.fc2`, c.hidden_size, c.intermediate_size)
      norm(`${name}.layer_norm1`, c.hidden_size)
      norm(`${name}.layer_norm2`, c.hidden_size)
    }
  text.embedding(TABLE, [t.vocab_size, t.hidden_size])
  text.embedding('text_model.embeddings.position_embedding.weight', [t.max_position_embeddings, t.hidden_size])
  text.norm('text_model.final_layer_norm', t.hidden_size)
  text.affine('text_model.head', v.hidden_size, t.hidden_size)
  const d = v.hidden_size
  image.weight('vision_model.embeddings.patch_embedding.weight', patchShape(v))
  image.bias('vision_model.embeddings.patch_embedding.bias', [d])
  image.embedding('vision_model.embeddings.position_embedding.weight', [Math.floor(v.image_size / v.patch_size) ** 2, d])
  image.norm('vision_model.post_layernorm', d)
  image.embedding('vision_model.head.probe', [1, 1, d])
  image.packedAttention('vision_model.head.attention', d)
  image.norm('vision_model.head.layernorm', d)
  image.affine('vision_model.head.mlp.fc1', v.intermediate_size, d)
  image.affine('vision_model.head.mlp.fc2', d, v.intermediate_size)
  for (const name of [SCALE, BIAS]) joint.weight(name, [1])
  return list
}

function describeSiglip(c: SiglipConfig): Omit<Architecture, 'family'> {
  return {
    dim: c.vision_config.hidden_size,
    tensors: tensors(c),
    image: {
      size: c.vision_config.image_size,
      patch: c.vision_config.patch_size,
      anySize: c.vision_config.flexible === true,
      unit: true,
      config: c.vision_config,
      embed: (p, pixels) => imageEmbedding(p, c, pixels),
      ...pictureCost(c.vision_config, 0),
    },
    text: {
      context: c.text_config.max_position_embeddings,
      vocabulary: c.text_config.vocab_size,
      table: TABLE,
      width: c.text_config.hidden_size,
      before: 0,
      activations: activationsOf(c.text_config, c.text_config.max_position_embeddings),
      at: (ids) => ids.length - 1,
      tokens: (p, ids) => tokenEmbedding(p, c, ids),
      embed: (p, tokens) => textEmbedding(p, c, tokens),
    },
    similarity,
    segmenter: denseSegmenter(
      {
        embed: (p, pixels) => denseEmbedding(p, c, pixels),
        projection: [`${HEAD}.mlp.fc2.`],
        last: [`${HEAD}.`, 'vision_model.post_layernorm.'],
      },
      similarity,
    ),
    check: (weights) => {
      const found = weights.float32(SCALE)[0]!
      if (found > 80) throw dataError(weights.fileOf(SCALE), sentence('tensor.scale', { tensor: SCALE, found }))
    },
  }
}

const essence = ({ text_config: text, vision_config: vision }: SiglipConfig): unknown =>
  essential({
    text_config: { ...text, hidden_act: activationName(text.hidden_act), projection_size: undefined },
    vision_config: { ...vision, hidden_act: activationName(vision.hidden_act) },
  })

/** What is common to the records of SigLIP and of NaFlex. */
export const siglipRecord = {
  can: ['embedImage', 'embedText', 'segment'],
  describe: describeSiglip,
  essence,
  landmarks: ['text_model.head.weight', 'vision_model.head.probe', 'vision_model.post_layernorm.weight', SCALE, BIAS],
  tokenizer: 'sentencepiece',
  buffers: ['*.position_ids'],
} satisfies Partial<Family<SiglipConfig>>

const half = (part: string) => sentence('model.one-tower', { tower: part, model: 'SiglipModel' })

export const siglip = defineFamily<SiglipConfig>({
  types: ['siglip'],
  name: 'SigLIP',
  ...siglipRecord,
  config: siglipConfig,
  parts: { siglip_text_model: half('text'), siglip_vision_model: half('vision') },
  saves: 'SiglipModel',
  processors: [
    processor('Siglip', {
      size: { height: 224, width: 224 },
      resample: 'bicubic',
      do_center_crop: false,
      image_mean: [0.5, 0.5, 0.5],
      image_std: [0.5, 0.5, 0.5],
    }),
  ],
})
