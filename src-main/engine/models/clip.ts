import type { z } from 'zod'
import type { Value } from '../graph/graph.ts'
import {
  add,
  cast,
  concat,
  equal,
  exp,
  expand,
  gather,
  gemm,
  l2Normalize,
  matmul,
  mul,
  patchEmbed,
  reshape,
  slice,
  unsqueeze,
} from '../ops/index.ts'
import type { Params } from '../nn/params.ts'
import { causalMask, encoder, layerNorm, linear } from '../nn/transformer.ts'
import { dataError } from '#shared/errors.ts'
import { sentence } from '#shared/sentences/table.ts'
import { clipProcessor } from '../data/preprocess.ts'
import type { Weights } from '../weights/source.ts'
import { activationsOf, pictureCost } from './bounds.ts'
import { closedForm } from './clip-closed-form.ts'
import { type ClipConfig, clipConfigSchema, describesTowers } from './clip-config.ts'
import { initialClip } from './clip-init.ts'
import { denseLayer, denseSegmenter } from './dense-clip.ts'
import { essential, activationName } from './essence.ts'
import { defineFamily, layersNamed, type ImageTower, type Similarity, type TextTower } from './model.ts'
import type { DensePatches } from './segmenter.ts'
import { TensorList } from './tensors.ts'
import { gridPositions } from './interpolate.ts'

/*
 * CLIP (Radford et al. 2021) with the structure and tensor names of transformers (models/clip/modeling_clip.py).
 * Every function appends to the graph of its operands; `p` supplies the weights.
 */

/** What the graph of one tower is built from. */
type ClipImageConfig = Pick<ClipConfig, 'vision_config' | 'projection_dim'>
type ClipTextConfig = Pick<ClipConfig, 'text_config' | 'projection_dim'>

/**
 * pixels [B, 3, H, W] → image embedding [B, projection_dim], not normalised. For an image size other than the
 * configured one, the position embedding is interpolated.
 */
export const imageEmbedding = (p: Params, c: ClipImageConfig, pixels: Value): Value => projected(p, c, classToken(p, c, pixels))

/** The class token after the last layer, [B, D]. */
function classToken(p: Params, c: ClipImageConfig, pixels: Value): Value {
  const v = c.vision_config
  const m = 'vision_model'
  const x = encoder(p, `${m}.encoder`, imageTokens(p, c, pixels), v)
  return reshape(slice(x, { axis: 1, start: 0, end: 1 }), [x.shape[0]!, v.hidden_size])
}

const normed = (p: Params, { vision_config: v }: ClipImageConfig, x: Value): Value =>
  layerNorm(p, 'vision_model.post_layernorm', x, v.layer_norm_eps)

/** Tokens of the last layer […, D] in the space of images and texts, […, projection_dim]. */
export const projected = (p: Params, c: ClipImageConfig, x: Value): Value =>
  linear(p, PROJECTION, normed(p, c, x), c.projection_dim, { bias: false })
const PROJECTION = 'visual_projection'

/**
 * pixels [B, 3, H, W] → the image encoder's input [B, 1 + N, D]: the class token, then the patches in row-major
 * order.
 */
export function imageTokens(p: Params, c: ClipImageConfig, pixels: Value): Value {
  const v = c.vision_config
  const m = 'vision_model'
  const [b, , h, w] = pixels.shape as [number, number, number, number]
  const d = v.hidden_size
  const patches = patchEmbed(pixels, p.get(`${m}.embeddings.patch_embedding.weight`, [d, v.num_channels, v.patch_size, v.patch_size]))
  const position = positionEmbedding(p, c, Math.floor(h / v.patch_size), Math.floor(w / v.patch_size))
  const tokens = add(patches, slice(position, { axis: 0, start: 1 })) // [B, N, D]
  const cls = add(p.get(`${m}.embeddings.class_embedding`, [d]), slice(position, { axis: 0, start: 0, end: 1 })) // [1, D]
  return firstNorm(p, c, concat([expand(reshape(cls, [1, 1, d]), [b, 1, d]), tokens], { axis: 1 }))
}

const firstNorm = (p: Params, c: ClipImageConfig, x: Value): Value =>
  layerNorm(p, 'vision_model.pre_layrnorm', x, c.vision_config.layer_norm_eps) // sic: spelt this way in checkpoints

/**
 * pixels [B, 3, H, W] → an embedding of each patch, [B, h, w, projection_dim]: the last layer attends to neighbours, the
 * rest is as for a whole image.
 */
export function denseEmbedding(p: Params, c: ClipConfig, pixels: Value): Value {
  const v = c.vision_config
  const m = 'vision_model'
  const [gh, gw] = [pixels.shape[2]!, pixels.shape[3]!].map((side) => Math.floor(side / v.patch_size)) as [number, number]
  const last = v.num_hidden_layers - 1
  const x = encoder(p, `${m}.encoder`, imageTokens(p, c, pixels), { ...v, num_hidden_layers: last })
  const patches = slice(denseLayer(p, `${m}.encoder.layers.${last}`, x, v, [gh, gw]), { axis: 1, start: 1 })
  return projected(p, c, reshape(patches, [pixels.shape[0]!, gh, gw, v.hidden_size]))
}

const clipPatches = (c: ClipConfig): DensePatches => ({
  embed: (p, pixels) => denseEmbedding(p, c, pixels),
  projection: ['visual_projection.'],
  last: ['visual_projection.', 'vision_model.post_layernorm.', `vision_model.encoder.layers.${c.vision_config.num_hidden_layers - 1}.`],
})

/**
 * Positions of the class token (row 0) and the patches, [1 + gh·gw, D]; resampled if the grid differs from the
 * configured one.
 */
function positionEmbedding(p: Params, c: ClipImageConfig, gh: number, gw: number): Value {
  const { image_size, patch_size, hidden_size } = c.vision_config
  const g = Math.floor(image_size / patch_size)
  const position = p.get('vision_model.embeddings.position_embedding.weight', [1 + g * g, hidden_size])
  return gridPositions(position, 1, g, gh, gw)
}

/** Token embeddings [B, T, D] of ids [B, T] (int32), without positions: learned context is inserted here. */
export function tokenEmbedding(p: Params, c: Pick<ClipConfig, 'text_config'>, ids: Value): Value {
  const t = c.text_config
  return gather(p.get('text_model.embeddings.token_embedding.weight', [t.vocab_size, t.hidden_size]), ids)
}

/**
 * Token embeddings [B, T, D] → text embedding [B, projection_dim], not normalised, taken at `eos` [B] (int32), each
 * text's end-of-text index. Later tokens have no effect because of the causal mask.
 */
export const textEmbeddingFromTokens = (p: Params, c: ClipTextConfig, tokens: Value, eos: Value): Value =>
  linear(p, 'text_projection', pooledText(p, c, tokens, eos), c.projection_dim, { bias: false })

/** The text tower of {@link textEmbeddingFromTokens} before its projection: [B, D]. */
export function pooledText(p: Params, { text_config: t }: Pick<ClipConfig, 'text_config'>, tokens: Value, eos: Value): Value {
  const m = 'text_model'
  const [b, length, d] = tokens.shape as [number, number, number]
  const position = p.get(`${m}.embeddings.position_embedding.weight`, [t.max_position_embeddings, d])
  let x = add(tokens, slice(position, { axis: 0, start: 0, end: length }))
  x = encoder(p, `${m}.encoder`, x, t, causalMask(x, length))
  x = layerNorm(p, `${m}.final_layer_norm`, x, t.layer_norm_eps)
  const at = cast(equal(unsqueeze(eos, [1]), range(eos, length)), 'float32') // [B, T], one-hot
  return reshape(matmul(unsqueeze(at, [1]), x), [b, d])
}

/** ids [B, T] (int32) → text embedding [B, projection_dim], not normalised. T may be shorter than the model's context. */
export const textEmbedding = (p: Params, c: ClipConfig, ids: Value, eos: Value): Value =>
  textEmbeddingFromTokens(p, c, tokenEmbedding(p, c, ids), eos)

/** exp(logit_scale)·image·textᵀ for normalised embeddings: [B, N]. */
export function logitsPerImage(p: Params, image: Value, text: Value): Value {
  return mul(gemm(l2Normalize(image), l2Normalize(text), undefined, { transB: true }), logitScale(p))
}
export const logitScale = (p: Params): Value => exp(p.get('logit_scale', []))

const range = (like: Value, n: number) =>
  like.graph.constant(
    Int32Array.from({ length: n }, (_, i) => i),
    'int32',
    [1, n],
  )

/**
 * Index of a text's end: the first end-of-text token or, in folders with the legacy id 2, the largest id
 * (CLIPTextTransformer.forward).
 */
export function eosIndex(ids: Int32Array, eosTokenId: number): number {
  if (eosTokenId === 2) return ids.reduce((best, id, i) => (id > ids[best]! ? i : best), 0)
  return Math.max(0, ids.indexOf(eosTokenId))
}

/** The tensors of an `encoderLayer` (nn/transformer.ts). */
export function layerTensors(
  { affine, norm }: Pick<ReturnType<TensorList['in']>, 'affine' | 'norm'>,
  layer: string,
  { hidden_size: d, intermediate_size }: { readonly hidden_size: number; readonly intermediate_size: number },
): void {
  for (const x of ['q', 'k', 'v', 'out']) affine(`${layer}.self_attn.${x}_proj`, d, d)
  affine(`${layer}.mlp.fc1`, intermediate_size, d)
  affine(`${layer}.mlp.fc2`, d, intermediate_size)
  norm(`${layer}.layer_norm1`, d)
  norm(`${layer}.layer_norm2`, d)
}

/** Shapes of all tensors of the model by name. */
export function clipTensors(c: ClipConfig): TensorList {
  const list = new TensorList()
  const [image, text] = [list.in('image'), list.in('text')]
  for (const [m, t, part] of [
    ['text_model', c.text_config, text],
    ['vision_model', c.vision_config, image],
  ] as const)
    for (let i = 0; i < t.num_hidden_layers; i++) layerTensors(part, `${m}.encoder.layers.${i}`, t)
  const { text_config: t, vision_config: v } = c
  text.embedding('text_model.embeddings.token_embedding.weight', [t.vocab_size, t.hidden_size])
  text.embedding('text_model.embeddings.position_embedding.weight', [t.max_position_embeddings, t.hidden_size])
  text.norm('text_model.final_layer_norm', t.hidden_size)
  image.embedding('vision_model.embeddings.class_embedding', [v.hidden_size])
  image.weight('vision_model.embeddings.patch_embedding.weight', [v.hidden_size, v.num_channels, v.patch_size, v.patch_size])
  image.embedding('vision_model.embeddings.position_embedding.weight', [1 + Math.floor(v.image_size / v.patch_size) ** 2, v.hidden_size])
  image.norm('vision_model.pre_layrnorm', v.hidden_size)
  image.norm('vision_model.post_layernorm', v.hidden_size)
  image.affine('visual_projection', c.projection_dim, v.hidden_size, { biased: false })
  text.affine('text_projection', c.projection_dim, t.hidden_size, { biased: false })
  list.in('joint').scalar(LOGIT_SCALE)
  return list
}

const LOGIT_SCALE = 'logit_scale'

/** @param name the temperature's tensor */
export function checkScale(weights: Weights, name = LOGIT_SCALE): void {
  const scale = weights.float32(name)[0]!
  if (scale > 80) throw dataError(weights.fileOf(name), sentence('tensor.scale', { tensor: name, found: scale }))
}

const half = (tower: string) => sentence('model.one-tower', { tower, model: 'CLIPModel' })

/** Similarity of CLIP's embeddings, with a learned temperature. */
export const clipSimilarity: Similarity = {
  scale: logitScale,
  logits: logitsPerImage,
  tensors: { scale: LOGIT_SCALE },
  bounds: { [LOGIT_SCALE]: Math.log(100) },
  of: (weights) => ({ scale: Math.exp(weights.float32(LOGIT_SCALE)[0]!), bias: 0 }),
}

export const clipImage = (c: ClipImageConfig): ImageTower => ({
  size: c.vision_config.image_size,
  patch: c.vision_config.patch_size,
  anySize: false,
  unit: true,
  config: c.vision_config,
  layers: { ...layersNamed('vision_model.encoder.layers', c.vision_config), before: (p, tokens) => firstNorm(p, c, tokens) },
  embed: (p, pixels) => imageEmbedding(p, c, pixels),
  projection: {
    ...{ weight: `${PROJECTION}.weight`, width: c.vision_config.hidden_size },
    pooled: (p, pixels) => normed(p, c, classToken(p, c, pixels)),
  },
  ...pictureCost(c.vision_config),
})

export const clipText = (c: ClipTextConfig): TextTower => ({
  context: c.text_config.max_position_embeddings,
  vocabulary: c.text_config.vocab_size,
  table: 'text_model.embeddings.token_embedding.weight',
  width: c.text_config.hidden_size,
  layers: layersNamed('text_model.encoder.layers', c.text_config),
  before: 1,
  activations: activationsOf(c.text_config, c.text_config.max_position_embeddings),
  at: (ids) => eosIndex(ids, c.text_config.eos_token_id),
  tokens: (p, ids) => tokenEmbedding(p, c, ids),
  embed: (p, tokens, at) => textEmbeddingFromTokens(p, c, tokens, at),
})

/** The part of a configuration that determines the outputs. */
export const clipEssence = ({ text_config: text, vision_config: vision, ...rest }: ClipConfig): object => ({
  ...(essential(rest) as object),
  logit_scale_init_value: undefined, // only the initial value of training
  // With the legacy id 2 the end of text is the largest id, i.e. the last of the vocabulary.
  text_config: {
    ...text,
    hidden_act: activationName(text.hidden_act),
    eos_token_id: text.eos_token_id === 2 ? text.vocab_size - 1 : text.eos_token_id,
  },
  vision_config: { ...vision, hidden_act: activationName(vision.hidden_act) },
})

export const clip = defineFamily<z.infer<typeof clipConfigSchema>>({
  types: ['clip'],
  name: 'CLIP',
  can: ['embedImage', 'embedText', 'segment'],
  config: clipConfigSchema,
  describe: (c) => ({
    dim: c.projection_dim,
    tensors: clipTensors(c),
    initial: (seed) => initialClip(c, clipTensors(c).shapes(), seed),
    closedForm: closedForm(c, (p, pixels) => imageTokens(p, c, pixels)),
    image: clipImage(c),
    text: clipText(c),
    similarity: clipSimilarity,
    segmenter: denseSegmenter(clipPatches(c), clipSimilarity),
    check: (weights) => checkScale(weights),
  }),
  essence: clipEssence,
  claims: describesTowers,
  parts: { clip_text_model: half('text'), clip_vision_model: half('vision') },
  landmarks: [
    'text_model.final_layer_norm.weight',
    'vision_model.post_layernorm.weight',
    'text_projection.weight',
    'visual_projection.weight',
    LOGIT_SCALE,
  ],
  saves: 'CLIPModel',
  processors: [clipProcessor],
  buffers: ['*.position_ids'],
})
