import { sentence } from '#shared/sentences/table.ts'
import { clipProcessor } from '../data/preprocess.ts'
import type { Value } from '../graph/graph.ts'
import { activations } from '../nn/activations.ts'
import { multiHeadAttention } from '../nn/attention.ts'
import type { Params } from '../nn/params.ts'
import { encoderLayer, layerNorm, linear, mlp } from '../nn/transformer.ts'
import {
  add,
  argmax,
  cast,
  concat,
  div,
  equal,
  expand,
  l2Normalize,
  matmul,
  mul,
  patchEmbed,
  reduceMean,
  reduceSum,
  relu,
  reshape,
  slice,
  softmax,
  stopGradient,
  sub,
  swapLast,
} from '../ops/index.ts'
import { activationsOf, pictureCost } from './bounds.ts'
import { checkScale, clipSimilarity, eosIndex, logitScale, pooledText, tokenEmbedding } from './clip.ts'
import { activationName, essential } from './essence.ts'
import { type GroupvitConfig, groupvitConfig, mixed, stageName, stagesOf, type Vision } from './groupvit-config.ts'
import { groupvitTensors, SCALE, TABLE } from './groupvit-tensors.ts'
import { gridPositions } from './interpolate.ts'
import { defineFamily } from './model.ts'
import type { Segmenter } from './segmenter.ts'

/*
 * GroupViT (Xu et al. 2022, "GroupViT: semantic segmentation emerges from text supervision", CVPR), after the paper, with the
 * structure and tensor names of transformers (models/groupvit); nothing is taken from the authors' own code. Learned group tokens
 * are read together with the segments of an image, patches at first; at the end of a stage each segment is assigned to one group,
 * and the groups are the next stage's segments (§3.1).
 */

/** Segments [B, S, D], and how much each patch belongs to each of them, [B, S, N]. */
interface Grouped {
  readonly segments: Value
  readonly belonging: Value
}

/** pixels [B, 3, H, W] → the segments of the last stage. */
function grouped(p: Params, v: Vision, pixels: Value): Grouped {
  let segments = patches(p, v, pixels)
  let tokens: Value | undefined
  let belonging: Value | undefined
  const stages = stagesOf(v)
  v.depths.forEach((depth, i) => {
    const n = segments.shape[1]!
    tokens = stages[i] && groupTokens(p, v, i, segments.shape[0]!, tokens)
    let x = tokens ? concat([segments, tokens], { axis: 1 }) : segments
    for (let k = 0; k < depth; k++) x = encoderLayer(p, `${stageName(i)}.layers.${k}`, x, layerOf(v))
    segments = slice(x, { axis: 1, start: 0, end: n })
    if (!stages[i]) return
    tokens = slice(x, { axis: 1, start: n })
    const { merged, soft } = groupingBlock(p, `${stageName(i)}.downsample`, v, stages[i].out, segments, tokens)
    segments = merged
    belonging = belonging ? matmul(soft, belonging) : soft
  })
  return { segments: layerNorm(p, 'vision_model.layernorm', segments, v.layer_norm_eps), belonging: belonging! }
}

const layerOf = (v: Vision) => ({ ...v, num_hidden_layers: 1 })

/** pixels → patches [B, N, D] with positions. */
function patches(p: Params, v: Vision, pixels: Value): Value {
  const m = 'vision_model.embeddings'
  const { hidden_size: d, patch_size: size } = v
  const [, , h, w] = pixels.shape as [number, number, number, number]
  const g = Math.floor(v.image_size / size)
  const projection = `${m}.patch_embeddings.projection`
  const x = patchEmbed(pixels, p.get(`${projection}.weight`, [d, 3, size, size]), p.get(`${projection}.bias`, [d]))
  const table = reshape(p.get(`${m}.position_embeddings`, [1, g * g, d]), [g * g, d])
  return add(layerNorm(p, `${m}.layernorm`, x, v.layer_norm_eps), gridPositions(table, 0, g, Math.floor(h / size), Math.floor(w / size)))
}

/** A stage's learned tokens [B, G, D]; after the first stage those of the stage before are mixed into them (§3.1). */
function groupTokens(p: Params, v: Vision, i: number, b: number, before: Value | undefined): Value {
  const n = v.num_group_tokens[i]!
  const own = expand(p.get(`${stageName(i)}.group_token`, [1, n, v.hidden_size]), [b, n, v.hidden_size])
  if (!before) return own
  const normed = layerNorm(p, `${stageName(i)}.group_projector.0`, before, v.layer_norm_eps)
  return add(own, mixer(p, `${stageName(i)}.group_projector.1`, v, normed, n))
}

/** An MLP over the tokens instead of the channels (Tolstikhin et al. 2021, "MLP-Mixer", eq. 1): [B, G, D] → [B, out, D]. */
function mixer(p: Params, name: string, v: Vision, x: Value, out: number): Value {
  const hidden = linear(p, `${name}.fc1`, swapLast(x), mixed(v)[0])
  return swapLast(linear(p, `${name}.fc2`, activations[v.hidden_act](hidden), out))
}

/**
 * The grouping block (§3.1, eq. 4-6): similarities of groups and segments, each segment assigned to the group that it is most
 * like, and each group the mean of its segments, with a residual. While it is trained, the assignment has the gradient of the
 * softmax over groups (eq. 5); without the Gumbel noise, so that a step is the same each time.
 */
function groupingBlock(p: Params, name: string, v: Vision, out: number, segments: Value, tokens: Value): { merged: Value; soft: Value } {
  const eps = v.layer_norm_eps
  const norm = (at: string, x: Value) => layerNorm(p, `${name}.${at}`, x, eps)
  const project = (at: string, x: Value) => linear(p, `${name}.assign.${at}`, x, v.hidden_size)
  const keys = norm('norm_x', segments)
  let asked = norm('norm_post_tokens', mixer(p, `${name}.mlp_inter`, v, norm('norm_tokens', tokens), out))
  asked = crossAttention(p, `${name}.pre_assign_attn`, v, asked, keys)
  return p.scoped(name, () => {
    const alike = mul(matmul(project('q_proj', asked), swapLast(project('k_proj', keys))), v.hidden_size ** -0.5) // [B, out, S]
    const soft = softmax(alike, { axis: 1 })
    const hard = add(sub(oneHot(alike), stopGradient(soft)), soft)
    const share = div(hard, add(reduceSum(hard, { axes: [2], keepdims: true }), v.assign_eps))
    const means = add(project('proj', matmul(share, project('v_proj', keys))), asked)
    return {
      merged: add(means, mlp(p, `${name}.mlp_channels`, norm('norm_new_x', means), { ...layerOf(v), intermediate_size: mixed(v)[1] })),
      soft,
    }
  })
}

/** 1 where a column [B, G, S] has its maximum over the groups, else 0. */
function oneHot(x: Value): Value {
  const n = x.shape[1]!
  const index = x.graph.constant(
    Int32Array.from({ length: n }, (_, i) => i),
    'int32',
    [1, n, 1],
  )
  return cast(equal(cast(argmax(stopGradient(x), { axis: 1, keepdims: true }), 'int32'), index), 'float32')
}

/** Groups read segments before these are assigned. */
function crossAttention(p: Params, name: string, v: Vision, query: Value, key: Value): Value {
  const x = add(query, multiHeadAttention(p, `${name}.attn`, { query, key }, { heads: v.num_attention_heads }))
  const y = add(x, mlp(p, `${name}.mlp`, layerNorm(p, `${name}.norm2`, x, v.layer_norm_eps), layerOf(v)))
  return layerNorm(p, `${name}.norm_post`, y, v.layer_norm_eps)
}

/**
 * […, D] → […, projection_dim]: two linear layers, with batch normalisation by the stored statistics between them. Those are
 * read when the graph is built and never change, since a small batch has none worth learning.
 */
function projected(p: Params, name: string, c: GroupvitConfig, x: Value): Value {
  const n = c.projection_intermediate_dim
  const [mean, variance] = ['running_mean', 'running_var'].map((s) => p.source.float32(`${name}.1.${s}`)) as [Float32Array, Float32Array]
  const constant = (values: Float32Array) => p.graph.constant(values, 'float32', [n])
  const deviation = variance.map((s) => Math.sqrt(s + 1e-5))
  return p.scoped(name, () => {
    const normed = div(sub(linear(p, `${name}.0`, x, n), constant(mean)), constant(deviation))
    const y = relu(add(mul(normed, p.get(`${name}.1.weight`, [n])), p.get(`${name}.1.bias`, [n])))
    return linear(p, `${name}.3`, y, c.projection_dim)
  })
}

/** pixels [B, 3, H, W] → image embedding [B, projection_dim], not normalised, of the mean of all segments (eq. 7). */
const imageEmbedding = (p: Params, c: GroupvitConfig, pixels: Value): Value =>
  projected(p, 'visual_projection', c, reduceMean(grouped(p, c.vision_config, pixels).segments, { axes: [1] }))

/**
 * pixels [1, 3, H, W] → an embedding of each patch, [h, w, projection_dim]: those of the groups, normalised, by how much the
 * patch belongs to each of them through all stages (§3.4).
 */
function patchEmbeddings(p: Params, c: GroupvitConfig, pixels: Value): Value {
  const { patch_size: size } = c.vision_config
  const { segments, belonging } = grouped(p, c.vision_config, pixels)
  const each = matmul(swapLast(belonging), l2Normalize(projected(p, 'visual_projection', c, segments)))
  return reshape(each, [Math.floor(pixels.shape[2]! / size), Math.floor(pixels.shape[3]! / size), c.projection_dim])
}

/**
 * A logit of a patch is the mean of its groups' logits. (transformers' `segmentation_logits` are these, times the temperature
 * once more, which changes no order of labels but leaves no doubt in a softmax.)
 */
const segmenterOf = (c: GroupvitConfig): Segmenter => ({
  competing: true,
  unit: true,
  windows: true,
  patches: 'dense',
  encode: (p, pixels) => ({ dense: patchEmbeddings(p, c, pixels) }),
  masks(p, { dense }, queries) {
    const [h, w, d] = dense!.shape as [number, number, number]
    const logits = mul(matmul(l2Normalize(queries), swapLast(reshape(dense!, [h * w, d]))), logitScale(p))
    return reshape(logits, [queries.shape[0]!, h, w])
  },
})

const half = (part: string) => sentence('model.one-tower', { tower: part, model: 'GroupViTModel' })

export const groupvit = defineFamily<GroupvitConfig>({
  types: ['groupvit'],
  name: 'GroupViT',
  can: ['embedImage', 'embedText', 'segment'],
  config: groupvitConfig,
  describe: (c) => ({
    dim: c.projection_dim,
    tensors: groupvitTensors(c),
    image: {
      size: c.vision_config.image_size,
      patch: c.vision_config.patch_size,
      anySize: false,
      unit: true,
      config: c.vision_config,
      embed: (p, pixels) => imageEmbedding(p, c, pixels),
      ...pictureCost(c.vision_config, c.vision_config.num_group_tokens[0]),
    },
    text: {
      context: c.text_config.max_position_embeddings,
      vocabulary: c.text_config.vocab_size,
      table: TABLE,
      width: c.text_config.hidden_size,
      before: 1,
      activations: activationsOf(c.text_config, c.text_config.max_position_embeddings),
      at: (ids) => eosIndex(ids, c.text_config.eos_token_id),
      tokens: (p, ids) => tokenEmbedding(p, c, ids),
      embed: (p, tokens, at) => projected(p, 'text_projection', c, pooledText(p, c, tokens, at)),
    },
    similarity: clipSimilarity,
    segmenter: segmenterOf(c),
    check: (weights) => checkScale(weights),
  }),
  essence: ({ text_config: text, vision_config: own, ...rest }) =>
    essential({
      ...rest,
      logit_scale_init_value: undefined,
      text_config: { ...text, hidden_act: activationName(text.hidden_act) },
      vision_config: { ...own, hidden_act: activationName(own.hidden_act), num_hidden_layers: undefined },
    }),
  parts: { groupvit_text_model: half('text'), groupvit_vision_model: half('vision') },
  landmarks: ['vision_model.encoder.stages.0.group_token', 'visual_projection.3.weight', 'text_projection.3.weight', SCALE],
  saves: 'GroupViTModel',
  processors: [clipProcessor],
  buffers: ['*.position_ids', '*.num_batches_tracked'],
})
