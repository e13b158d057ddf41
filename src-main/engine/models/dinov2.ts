import { z } from 'zod'
import { processor } from '../data/preprocess.ts'
import type { Value } from '../graph/graph.ts'
import { type Activation, activations } from '../nn/activations.ts'
import type { Params } from '../nn/params.ts'
import { layerNorm, linear } from '../nn/transformer.ts'
import { add, concat, expand, mul, reduceMean, slice } from '../ops/index.ts'
import { epsilon, imageTower, pictureCost, pictureSide } from './bounds.ts'
import { activationName, essential } from './essence.ts'
import { smoothBicubicMatrix } from './interpolate.ts'
import { defineFamily, layersNamed } from './model.ts'
import { TensorList } from './tensors.ts'
import { classNames, embedPatches, encoderShape, encoderTensors, firstTokens, labelled, ownClassifier, selfAttention } from './vit.ts'

/*
 * DINOv2 (Oquab et al. 2023) with the structure and tensor names of transformers (models/dinov2, dinov2_with_registers): a ViT,
 * alone or as a classifier. Residual branches are scaled (LayerScale: Touvron et al. 2021, "Going deeper", §2.2), the largest
 * model has SwiGLU instead of an MLP, and positions are interpolated to any image size. Registers (Darcet et al. 2024, "Vision
 * transformers need registers") are learned tokens without a position that stand after the class token and are not read.
 */

const sizes = z.object({
  ...encoderShape,
  ...labelled,
  model_type: z.enum(['dinov2', 'dinov2_with_registers']).default('dinov2'),
  num_register_tokens: z.int().min(0).max(1024).default(4),
  patch_size: pictureSide.optional(),
  mlp_ratio: z.number().positive().max(64).default(4),
  layer_norm_eps: epsilon.default(1e-6),
  use_swiglu_ffn: z.boolean().default(false),
  use_mask_token: z.boolean().default(true),
})
const dinov2Config = imageTower(
  sizes.transform((c) => {
    const registered = c.model_type === 'dinov2_with_registers'
    return {
      ...c,
      patch_size: c.patch_size ?? (registered ? 16 : 14),
      num_register_tokens: registered ? c.num_register_tokens : 0,
      intermediate_size: hiddenSize(c),
      /** A classifier reads the class token and the mean of the patches. */
      classifies: /ForImageClassification$/.test(c.architectures?.[0] ?? ''),
    }
  }),
)
type Dinov2Config = z.output<typeof dinov2Config>

/** Width of the feed-forward layer. SwiGLU uses two thirds of it, rounded up to a multiple of 8. */
function hiddenSize({ hidden_size, mlp_ratio, use_swiglu_ffn }: z.output<typeof sizes>): number {
  const hidden = Math.trunc(hidden_size * mlp_ratio)
  return use_swiglu_ffn ? Math.floor((Math.trunc((hidden * 2) / 3) + 7) / 8) * 8 : hidden
}

/** What the tensors' names begin with. */
const prefixOf = (c: Dinov2Config): string => (c.classifies ? `${c.model_type}.` : '')

/** The class token, the registers, and the patches [B, 1 + r + N, D]. */
function embedded(p: Params, c: Dinov2Config, pixels: Value): Value {
  const [at, d, n] = [`${prefixOf(c)}embeddings.`, c.hidden_size, c.num_register_tokens]
  if (c.model_type === 'dinov2') return embedPatches(p, at, c, pixels, ['cls_token'])
  const x = embedPatches(p, at, c, pixels, ['cls_token'], smoothBicubicMatrix)
  if (n === 0) return x
  const registers = expand(p.get(`${at}register_tokens`, [1, n, d]), [x.shape[0]!, n, d])
  return concat([slice(x, { axis: 1, start: 0, end: 1 }), registers, slice(x, { axis: 1, start: 1 })], { axis: 1 })
}

/** pixels [B, 3, H, W] → the class token after the last norm [B, D]; of a classifier, with the mean of the patches: [B, 2·D]. */
function imageEmbedding(p: Params, c: Dinov2Config, pixels: Value): Value {
  const norm = (name: string, x: Value) => layerNorm(p, name, x, c.layer_norm_eps)
  const scaled = (name: string, x: Value) => mul(x, p.get(`${name}.lambda1`, [c.hidden_size]))
  const feed = c.use_swiglu_ffn ? swiGlu : mlp
  let x = embedded(p, c, pixels)
  for (let i = 0; i < c.num_hidden_layers; i++) {
    const layer = `${prefixOf(c)}encoder.layer.${i}`
    x = p.block(layer, () => {
      const own = p.enter(layer, x)
      const attended = selfAttention(p, `${layer}.attention`, norm(`${layer}.norm1`, own), c)
      const y = add(own, p.branch(layer, scaled(`${layer}.layer_scale1`, attended)))
      return add(y, p.branch(layer, scaled(`${layer}.layer_scale2`, feed(p, `${layer}.mlp`, norm(`${layer}.norm2`, y), c))))
    })
  }
  const y = norm(`${prefixOf(c)}layernorm`, x)
  if (!c.classifies) return firstTokens(y, 1)
  const patches = reduceMean(slice(y, { axis: 1, start: 1 + c.num_register_tokens }), { axes: [1], keepdims: false })
  return concat([firstTokens(y, 1), patches], { axis: 1 })
}

const mlp = (p: Params, name: string, x: Value, c: Dinov2Config): Value => {
  const act: (x: Value) => Value = activations[c.hidden_act as Activation]
  return linear(p, `${name}.fc2`, act(linear(p, `${name}.fc1`, x, c.intermediate_size)), c.hidden_size)
}

/** W₃·(SiLU(x·W₁) ⊙ x·W₂) (Shazeer 2020); W₁ and W₂ are stored as one tensor. */
function swiGlu(p: Params, name: string, x: Value, c: Dinov2Config): Value {
  const n = c.intermediate_size
  const both = linear(p, `${name}.weights_in`, x, 2 * n)
  const half = (start: number) => slice(both, { axis: 2, start, end: start + n })
  return linear(p, `${name}.weights_out`, mul(activations.silu(half(0)), half(n)), c.hidden_size)
}

function tensors(c: Dinov2Config): TensorList {
  const list = new TensorList()
  const image = list.in('image')
  const { hidden_size: d, intermediate_size: n } = c
  const prefix = prefixOf(c)
  encoderTensors(list, prefix, c, ['cls_token'])
  if (c.use_mask_token) image.embedding(prefix + MASK, [1, d])
  if (c.num_register_tokens) image.embedding(`${prefix}embeddings.register_tokens`, [1, c.num_register_tokens, d])
  if (c.classifies) list.in('head').affine('classifier', classNames(c).length, 2 * d)
  for (let i = 0; i < c.num_hidden_layers; i++) {
    const layer = `${prefix}encoder.layer.${i}`
    for (const k of [1, 2]) {
      image.norm(`${layer}.norm${k}`, d)
      image.weight(`${layer}.layer_scale${k}.lambda1`, [d])
    }
    const [into, out] = c.use_swiglu_ffn ? (['weights_in', 'weights_out'] as const) : (['fc1', 'fc2'] as const)
    image.affine(`${layer}.mlp.${into}`, c.use_swiglu_ffn ? 2 * n : n, d)
    image.affine(`${layer}.mlp.${out}`, d, n)
  }
  return list
}

/** Replaces masked patches in pre-training; unused here. */
const MASK = 'embeddings.mask_token'

export const dinov2 = defineFamily<Dinov2Config>({
  types: ['dinov2', 'dinov2_with_registers'],
  name: 'DINOv2',
  can: ['embedImage'],
  config: dinov2Config,
  describe: (c) => ({
    dim: (c.classifies ? 2 : 1) * c.hidden_size,
    tensors: tensors(c),
    image: {
      size: c.image_size,
      patch: c.patch_size,
      anySize: true,
      unit: false,
      config: c,
      layers: layersNamed(`${prefixOf(c)}encoder.layer`, c, 1 + c.num_register_tokens),
      embed: (p, pixels) => imageEmbedding(p, c, pixels),
      ...pictureCost(c, 1 + c.num_register_tokens),
    },
    classifier: c.classifies
      ? (weights) => ownClassifier(2 * c.hidden_size, { classifiers: ['classifier'], classes: classNames(c) }, weights)
      : undefined,
  }),
  essence: (c) => ({
    ...(essential(c) as object),
    hidden_act: activationName(c.hidden_act),
    num_labels: c.classifies ? classNames(c).length : undefined,
  }),
  landmarks: [],
  saves: 'Dinov2Model',
  processors: [
    processor('Bit', {
      size: { shortest_edge: 224 },
      resample: 'bicubic',
      do_center_crop: true,
      image_mean: [0.48145466, 0.4578275, 0.40821073],
      image_std: [0.26862954, 0.26130258, 0.27577711],
    }),
  ],
  buffers: [`*${MASK}`],
})
