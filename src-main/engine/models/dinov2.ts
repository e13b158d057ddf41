import { z } from 'zod'
import { processor } from '../data/preprocess.ts'
import type { Value } from '../graph/graph.ts'
import { type Activation, activations } from '../nn/activations.ts'
import type { Params } from '../nn/params.ts'
import { layerNorm, linear } from '../nn/transformer.ts'
import { add, mul, slice } from '../ops/index.ts'
import { epsilon, imageTower, pictureCost, pictureSide } from './bounds.ts'
import { activationName, essential } from './essence.ts'
import { defineFamily, layersNamed } from './model.ts'
import { TensorList } from './tensors.ts'
import { embedPatches, encoderShape, encoderTensors, firstTokens, selfAttention } from './vit.ts'

/*
 * DINOv2 (Oquab et al. 2023) with the structure and tensor names of transformers (models/dinov2): a ViT without a
 * classifier. Residual branches are scaled (LayerScale: Touvron et al. 2021, "Going deeper", §2.2), the largest model
 * has SwiGLU instead of an MLP, and positions are interpolated to any image size.
 */

const sizes = z.object({
  ...encoderShape,
  patch_size: pictureSide.default(14),
  mlp_ratio: z.number().positive().max(64).default(4),
  layer_norm_eps: epsilon.default(1e-6),
  use_swiglu_ffn: z.boolean().default(false),
  use_mask_token: z.boolean().default(true),
})
const dinov2Config = imageTower(sizes.transform((c) => ({ ...c, intermediate_size: hiddenSize(c) })))
type Dinov2Config = z.output<typeof dinov2Config>

/** Width of the feed-forward layer. SwiGLU uses two thirds of it, rounded up to a multiple of 8. */
function hiddenSize({ hidden_size, mlp_ratio, use_swiglu_ffn }: z.output<typeof sizes>): number {
  const hidden = Math.trunc(hidden_size * mlp_ratio)
  return use_swiglu_ffn ? Math.floor((Math.trunc((hidden * 2) / 3) + 7) / 8) * 8 : hidden
}

/** pixels [B, 3, H, W] → the class token after the last norm [B, D]. */
function imageEmbedding(p: Params, c: Dinov2Config, pixels: Value): Value {
  const norm = (name: string, x: Value) => layerNorm(p, name, x, c.layer_norm_eps)
  const scaled = (name: string, x: Value) => mul(x, p.get(`${name}.lambda1`, [c.hidden_size]))
  const feed = c.use_swiglu_ffn ? swiGlu : mlp
  let x = embedPatches(p, 'embeddings.', c, pixels, ['cls_token'])
  for (let i = 0; i < c.num_hidden_layers; i++) {
    const layer = `encoder.layer.${i}`
    x = p.enter(layer, x)
    x = add(x, scaled(`${layer}.layer_scale1`, selfAttention(p, `${layer}.attention`, norm(`${layer}.norm1`, x), c)))
    x = add(x, scaled(`${layer}.layer_scale2`, feed(p, `${layer}.mlp`, norm(`${layer}.norm2`, x), c)))
  }
  return firstTokens(norm('layernorm', x), 1)
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
  encoderTensors(list, '', c, ['cls_token'])
  if (c.use_mask_token) image.embedding(MASK, [1, d])
  for (let i = 0; i < c.num_hidden_layers; i++) {
    const layer = `encoder.layer.${i}`
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
  types: ['dinov2'],
  name: 'DINOv2',
  can: ['embedImage'],
  config: dinov2Config,
  describe: (c) => ({
    dim: c.hidden_size,
    tensors: tensors(c),
    image: {
      size: c.image_size,
      patch: c.patch_size,
      anySize: true,
      unit: false,
      config: c,
      layers: layersNamed('encoder.layer', c),
      embed: (p, pixels) => imageEmbedding(p, c, pixels),
      ...pictureCost(c),
    },
  }),
  essence: (c) => ({ ...(essential(c) as object), hidden_act: activationName(c.hidden_act) }),
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
  buffers: [MASK],
})
