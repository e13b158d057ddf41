import { z } from 'zod'
import { processor } from '../data/preprocess.ts'
import type { Value } from '../graph/graph.ts'
import { type Activation, activations } from '../nn/activations.ts'
import { multiHead } from '../nn/multi-head.ts'
import type { Params } from '../nn/params.ts'
import { layerNorm, linear } from '../nn/transformer.ts'
import { add, concat, expand, patchEmbed, reshape, slice } from '../ops/index.ts'
import type { Head } from '../weights/head.ts'
import type { Weights } from '../weights/source.ts'
import { activation, channels, epsilon, imageTower, layers, pictureCost, pictureSide, upTo, width } from './bounds.ts'
import { activationName, essential } from './essence.ts'
import { bicubicMatrix, gridPositions } from './interpolate.ts'
import { defineFamily, layersNamed } from './model.ts'
import { TensorList } from './tensors.ts'

/*
 * The Vision Transformer (Dosovitskiy et al. 2021) and its distilled form DeiT (Touvron et al. 2021, §4) with the
 * structure and tensor names of transformers (models/vit, models/deit): classifiers, or the encoder alone.
 */

const MANY_CLASSES = 1_000_000

/** Sizes of a ViT's encoder. */
export const encoderShape = {
  hidden_size: width.default(768),
  num_hidden_layers: layers.default(12),
  num_attention_heads: width.default(12),
  hidden_act: activation.default('gelu'),
  num_channels: channels,
  image_size: pictureSide.default(224),
  qkv_bias: z.boolean().default(true),
  architectures: z.array(z.string()).nullish(),
}
/** What a configuration says of its classes. */
export const labelled = {
  id2label: z.record(z.string(), z.string()).nullish(),
  num_labels: upTo(MANY_CLASSES).nullish(),
}
const vitConfig = imageTower(
  z.object({
    ...encoderShape,
    ...labelled,
    model_type: z.enum(['vit', 'deit']),
    intermediate_size: width.default(3072),
    patch_size: pictureSide.default(16),
    layer_norm_eps: epsilon.default(1e-12),
  }),
  { before: 2 },
)
type VitConfig = z.output<typeof vitConfig>

export interface VitEncoder {
  readonly hidden_size: number
  readonly num_attention_heads: number
  readonly patch_size: number
  readonly image_size: number
  readonly qkv_bias: boolean
}

/**
 * pixels [B, 3, H, W] → the n named learned tokens, then the patches in row-major order, with positions added: [B, n
 * + N, D].
 */
export function embedPatches(
  p: Params,
  at: string,
  c: VitEncoder,
  pixels: Value,
  tokens: readonly string[],
  resampling = bicubicMatrix,
): Value {
  const { hidden_size: d, patch_size: size } = c
  const [b, , h, w] = pixels.shape as [number, number, number, number]
  const g = Math.floor(c.image_size / size)
  const projection = `${at}patch_embeddings.projection`
  const patches = patchEmbed(pixels, p.get(`${projection}.weight`, [d, 3, size, size]), p.get(`${projection}.bias`, [d]))
  const learned = tokens.map((name) => expand(p.get(at + name, [1, 1, d]), [b, 1, d]))
  const rows = tokens.length + g * g
  const table = reshape(p.get(`${at}position_embeddings`, [1, rows, d]), [rows, d])
  const position = gridPositions(table, tokens.length, g, Math.floor(h / size), Math.floor(w / size), resampling)
  return add(concat([...learned, patches], { axis: 1 }), position)
}

/** Multi-head self-attention with the projection names of ViT checkpoints. */
export function selfAttention(p: Params, name: string, x: Value, c: VitEncoder): Value {
  const project = (to: string) => linear(p, `${name}.attention.${to}`, x, c.hidden_size, { bias: c.qkv_bias })
  const y = multiHead(project('query'), project('key'), project('value'), c.num_attention_heads)
  return linear(p, `${name}.output.dense`, y, c.hidden_size)
}

/** Tensors of {@link embedPatches}, and of {@link selfAttention} in every layer. */
export function encoderTensors(
  list: TensorList,
  prefix: string,
  c: VitEncoder & { num_hidden_layers: number },
  tokens: readonly string[],
): void {
  const { hidden_size: d, patch_size: size } = c
  const image = list.in('image')
  for (const name of tokens) image.embedding(`${prefix}embeddings.${name}`, [1, 1, d])
  image.weight(`${prefix}embeddings.patch_embeddings.projection.weight`, [d, 3, size, size])
  image.bias(`${prefix}embeddings.patch_embeddings.projection.bias`, [d])
  image.embedding(`${prefix}embeddings.position_embeddings`, [1, tokens.length + Math.floor(c.image_size / size) ** 2, d])
  for (let i = 0; i < c.num_hidden_layers; i++) {
    const at = `${prefix}encoder.layer.${i}.attention`
    for (const x of ['query', 'key', 'value']) image.affine(`${at}.attention.${x}`, d, d, { biased: c.qkv_bias })
    image.affine(`${at}.output.dense`, d, d)
  }
  image.norm(`${prefix}layernorm`, d)
}

/** The first `n` tokens of a sequence [B, T, D], concatenated: [B, n·D]. */
export const firstTokens = (x: Value, n: number): Value => reshape(slice(x, { axis: 1, start: 0, end: n }), [x.shape[0]!, n * x.shape[2]!])

interface Layout {
  /** Prefix of the encoder's tensor names. */
  readonly prefix: string
  /** Learned tokens before the patches. */
  readonly tokens: readonly string[]
  /** Classifiers, the i-th on token i; their logits are averaged (DeiT §5.1). */
  readonly classifiers: readonly string[]
  readonly classes: readonly string[]
  readonly pooler: boolean
}

/** The names of a model's classes, numbered where it does not name them. */
export function classNames({ id2label, num_labels }: z.output<z.ZodObject<typeof labelled>>): string[] {
  const labels = Object.entries(id2label ?? {}).sort(([a], [b]) => Number(a) - Number(b))
  return labels.length ? labels.map(([, name]) => name) : Array.from({ length: num_labels ?? 2 }, (_, i) => `LABEL_${i}`)
}

function layoutOf(c: VitConfig): Layout {
  const [architecture = ''] = c.architectures ?? []
  const deit = c.model_type === 'deit'
  const tokens = deit ? ['cls_token', 'distillation_token'] : ['cls_token']
  const classes = classNames(c)
  if (/Model$/.test(architecture)) return { prefix: '', tokens, classifiers: [], classes: [], pooler: true }
  const classifiers = /WithTeacher$/.test(architecture) ? ['cls_classifier', 'distillation_classifier'] : ['classifier']
  return { prefix: `${c.model_type}.`, tokens, classifiers, classes, pooler: false }
}

/**
 * pixels [B, 3, H, W] → the class token after the last norm [B, D]; with two classifiers, the distillation token too:
 * [B, 2·D].
 */
function imageEmbedding(p: Params, c: VitConfig, layout: Layout, pixels: Value): Value {
  const act: (x: Value) => Value = activations[c.hidden_act as Activation]
  let x = embedPatches(p, `${layout.prefix}embeddings.`, c, pixels, layout.tokens)
  for (let i = 0; i < c.num_hidden_layers; i++) {
    const layer = `${layout.prefix}encoder.layer.${i}`
    x = p.block(layer, () => {
      const own = p.enter(layer, x)
      const before = layerNorm(p, `${layer}.layernorm_before`, own, c.layer_norm_eps)
      const y = add(own, p.branch(layer, selfAttention(p, `${layer}.attention`, before, c)))
      const after = layerNorm(p, `${layer}.layernorm_after`, y, c.layer_norm_eps)
      const hidden = act(linear(p, `${layer}.intermediate.dense`, after, c.intermediate_size))
      return add(y, p.branch(layer, linear(p, `${layer}.output.dense`, hidden, c.hidden_size)))
    })
  }
  return firstTokens(layerNorm(p, `${layout.prefix}layernorm`, x, c.layer_norm_eps), Math.max(1, layout.classifiers.length))
}

function tensors(c: VitConfig, { prefix, tokens, classifiers, classes, pooler }: Layout): TensorList {
  const list = new TensorList()
  const [image, head] = [list.in('image'), list.in('head')]
  encoderTensors(list, prefix, c, tokens)
  for (let i = 0; i < c.num_hidden_layers; i++) {
    const layer = `${prefix}encoder.layer.${i}`
    image.affine(`${layer}.intermediate.dense`, c.intermediate_size, c.hidden_size)
    image.affine(`${layer}.output.dense`, c.hidden_size, c.intermediate_size)
    image.norm(`${layer}.layernorm_before`, c.hidden_size)
    image.norm(`${layer}.layernorm_after`, c.hidden_size)
  }
  if (pooler) head.affine('pooler.dense', c.hidden_size, c.hidden_size)
  for (const name of classifiers) head.affine(name, classes.length, c.hidden_size)
  return list
}

/** The model's own classifiers, each on d numbers of the feature, as one linear layer over all of it: the mean of their logits. */
export function ownClassifier(d: number, { classifiers, classes }: Pick<Layout, 'classifiers' | 'classes'>, weights: Weights): Head {
  const n = classifiers.length
  const dim = n * d
  const weight = new Float32Array(classes.length * dim)
  const bias = new Float32Array(classes.length)
  classifiers.forEach((name, k) => {
    const own = weights.float32(`${name}.weight`)
    weights.float32(`${name}.bias`).forEach((x, c) => (bias[c]! += x / n))
    for (let c = 0; c < classes.length; c++) for (let i = 0; i < d; i++) weight[c * dim + k * d + i] = own[c * d + i]! / n
  })
  return { classes, dim, weight, bias }
}

const half: [number, number, number] = [0.5, 0.5, 0.5]

export const vitProcessor = processor('ViT', {
  size: { height: 224, width: 224 },
  resample: 'bilinear',
  do_center_crop: false,
  image_mean: half,
  image_std: half,
})

export const vit = defineFamily<VitConfig>({
  types: ['vit', 'deit'],
  name: 'ViT',
  can: ['embedImage'],
  config: vitConfig,
  describe: (c) => {
    const layout = layoutOf(c)
    return {
      dim: Math.max(1, layout.classifiers.length) * c.hidden_size,
      tensors: tensors(c, layout),
      image: {
        size: c.image_size,
        patch: c.patch_size,
        anySize: false,
        unit: false,
        config: c,
        layers: layersNamed(`${layout.prefix}encoder.layer`, c, layout.tokens.length),
        embed: (p, pixels) => imageEmbedding(p, c, layout, pixels),
        ...pictureCost(c, layout.tokens.length),
      },
      classifier: layout.classifiers.length ? (weights) => ownClassifier(c.hidden_size, layout, weights) : undefined,
    }
  },
  essence: (c) => ({ ...(essential(c) as object), hidden_act: activationName(c.hidden_act), num_labels: layoutOf(c).classes.length }),
  landmarks: [],
  saves: 'ViTForImageClassification',
  processors: [
    vitProcessor,
    processor('DeiT', { size: { height: 256, width: 256 }, resample: 'bicubic', do_center_crop: true, image_mean: half, image_std: half }),
  ],
  buffers: ['pooler.dense.*'],
})
