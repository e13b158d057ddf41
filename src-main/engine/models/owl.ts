import { sentence } from '#shared/sentences/table.ts'
import type { Processor } from '../data/preprocess.ts'
import type { Value } from '../graph/graph.ts'
import type { Params } from '../nn/params.ts'
import { encoder, layerNorm, linear } from '../nn/transformer.ts'
import {
  add,
  div,
  exp,
  gelu,
  gemm,
  greater,
  l2Normalize,
  minimum,
  mul,
  reduceSumSquare,
  reshape,
  sigmoid,
  slice,
  sqrt,
  where,
} from '../ops/index.ts'
import { activationsOf, pictureCost } from './bounds.ts'
import {
  checkScale,
  clipTensors,
  eosIndex,
  imageEmbedding,
  imageTokens,
  logitScale,
  logitsPerImage,
  textEmbeddingFromTokens,
  tokenEmbedding,
} from './clip.ts'
import type { ClipConfig } from './clip-config.ts'
import type { Detector, Values } from './detector.ts'
import { activationName, essential } from './essence.ts'
import { type AnyFamily, type Architecture, defineFamily } from './model.ts'
import { exampleQuery } from './owl-example.ts'
import { type OwlConfig, owlConfig } from './owl-config.ts'
import { TensorList } from './tensors.ts'

/*
 * OWL-ViT (Minderer et al. 2022, "Simple open-vocabulary object detection with vision transformers") and OWLv2 (Minderer
 * et al. 2023, "Scaling open-vocabulary object detection") with the structure and tensor names of transformers
 * (models/owlvit, models/owlv2): CLIP's towers, and a class and a box for each patch.
 */

/** What tells the two apart. */
export interface OwlKind<Type extends string> {
  readonly type: Type
  readonly name: string
  /** The class of `transformers` that saves it. */
  readonly saves: string
  /** Side of a patch by default. */
  readonly patch: number
  /** Whether a head says how much of an object is in each box. */
  readonly objectness: boolean
  readonly processors: readonly Processor[]
}

/** The configuration of its towers as CLIP's. The end of a text is its largest id. */
const clipOf = (c: OwlConfig): ClipConfig => ({
  model_type: 'clip',
  projection_dim: c.projection_dim,
  logit_scale_init_value: c.logit_scale_init_value,
  text_config: { ...c.text_config, eos_token_id: LARGEST_ID },
  vision_config: c.vision_config,
})
const LARGEST_ID = 2

/** The name of one of CLIP's tensors, in which `pre_layrnorm` is misspelt. */
const within = (type: string) => (name: string) => `${type}.${name.replace('pre_layrnorm', 'pre_layernorm')}`

/** Linear layers with GELU between them: [.., D] → [.., out]. */
function head(p: Params, name: string, x: Value, out: number): Value {
  const width = x.shape.at(-1)!
  const hidden = [0, 1].reduce((y, i) => gelu(linear(p, `${name}.dense${i}`, y, width)), x)
  return linear(p, `${name}.dense2`, hidden, out)
}

/** pixels [B, 3, H, W] → features of the patches [B·N, D], each multiplied by those of its image's class token. */
function features(p: Params, towers: Params, c: OwlConfig, pixels: Value): Value {
  const v = c.vision_config
  const x = encoder(towers, 'vision_model.encoder', imageTokens(towers, clipOf(c), pixels), v)
  const y = layerNorm(towers, 'vision_model.post_layernorm', x, v.layer_norm_eps)
  const merged = mul(slice(y, { axis: 1, start: 1 }), slice(y, { axis: 1, start: 0, end: 1 }))
  return layerNorm(p, 'layer_norm', reshape(merged, [merged.shape[0]! * merged.shape[1]!, v.hidden_size]), v.layer_norm_eps)
}

/** ELU(x) + 1. */
const positive = (x: Value): Value => where(greater(x, 0), add(x, 1), exp(minimum(x, 0)))

/** x / (‖x‖ + 10⁻⁶) over the last axis. */
const directed = (x: Value): Value => div(x, add(sqrt(reduceSumSquare(x, { axes: [-1], keepdims: true })), 1e-6))

/**
 * What is added to each patch's box before the sigmoid, [N, 4]: the patch's lower right corner and size, in float32 as
 * transformers computes it.
 */
function boxBias(rows: number, columns: number): Float32Array {
  const f = Math.fround
  const small = f(1e-4)
  const logit = (x: number) => f(f(Math.log(f(f(x) + small))) - f(Math.log1p(f(-f(x) + small))))
  const out = new Float32Array(rows * columns * 4)
  for (let i = 0; i < rows * columns; i++) {
    const [y, x] = [Math.floor(i / columns), i % columns]
    out.set([logit((x + 1) / columns), logit((y + 1) / rows), logit(1 / columns), logit(1 / rows)], 4 * i)
  }
  return out
}

function detector(c: OwlConfig, { type, objectness }: OwlKind<string>): Detector {
  const size = c.vision_config.patch_size
  const width = c.text_config.hidden_size
  const grid = (height: number, w: number) => [Math.floor(height / size), Math.floor(w / size)] as const
  return {
    templates: ['a photo of a {}'],
    width,
    boxes: (height, w) => grid(height, w).reduce((a, b) => a * b),
    state: (n) => ({ boxes: [n, 4], classes: [n, width], shift: [n, 1], scale: [n, 1], ...(objectness ? { objectness: [n, 1] } : {}) }),
    encode(p, pixels): Values {
      const [rows, columns] = grid(pixels.shape[2]!, pixels.shape[3]!)
      const x = features(p, p.renamed(within(type)), c, pixels)
      const [images, patches] = [pixels.shape[0]!, rows * columns]
      const bias = p.graph.constant(boxBias(rows, columns), 'float32', [patches, 4])
      const placed = (boxes: Value) => reshape(add(reshape(boxes, [images, patches, 4]), bias), [images * patches, 4])
      return {
        boxes: sigmoid(placed(head(p, 'box_head', x, 4))),
        classes: linear(p, 'class_head.dense0', x, width),
        shift: linear(p, 'class_head.logit_shift', x, 1),
        scale: positive(linear(p, 'class_head.logit_scale', x, 1)),
        ...(objectness ? { objectness: head(p, 'objectness_head', x, 1) } : {}),
      }
    },
    features: (p, pixels) => features(p, p.renamed(within(type)), c, pixels),
    words: (p, ids, at) => {
      const towers = p.renamed(within(type))
      return l2Normalize(textEmbeddingFromTokens(towers, clipOf(c), tokenEmbedding(towers, clipOf(c), ids), at))
    },
    answer(_, { boxes, classes, shift, scale }, queries) {
      const cosines = gemm(directed(queries), directed(classes!), undefined, { transB: true }) // [Q, N]
      const row = (x: Value) => reshape(x, [1, x.shape[0]!])
      return { boxes: boxes!, logits: mul(add(cosines, row(shift!)), row(scale!)) }
    },
    exampleOf: (state, region) => exampleQuery(state, width, region),
  }
}

function tensors(c: OwlConfig, { type, objectness }: OwlKind<string>): TensorList {
  const list = new TensorList([...clipTensors(clipOf(c))].map(([name, spec]) => [within(type)(name), spec]))
  const heads = list.in('head')
  const d = c.vision_config.hidden_size
  const layers = (name: string, out: number) => {
    for (const i of [0, 1]) heads.affine(`${name}.dense${i}`, d, d)
    heads.affine(`${name}.dense2`, out, d)
  }
  heads.affine('class_head.dense0', c.text_config.hidden_size, d)
  heads.affine('class_head.logit_shift', 1, d)
  heads.affine('class_head.logit_scale', 1, d)
  layers('box_head', 4)
  if (objectness) layers('objectness_head', 1)
  heads.norm('layer_norm', d)
  return list
}

function describe(c: OwlConfig, kind: OwlKind<string>): Omit<Architecture, 'family'> {
  const inner = clipOf(c)
  const { vision_config: v, text_config: t } = c
  const towers = (p: Params) => p.renamed(within(kind.type))
  const scale = within(kind.type)('logit_scale')
  return {
    dim: c.projection_dim,
    tensors: tensors(c, kind),
    image: {
      size: v.image_size,
      patch: v.patch_size,
      anySize: false,
      unit: true,
      config: v,
      embed: (p, pixels) => imageEmbedding(towers(p), inner, pixels),
      ...pictureCost(v),
    },
    text: {
      context: t.max_position_embeddings,
      vocabulary: t.vocab_size,
      table: within(kind.type)('text_model.embeddings.token_embedding.weight'),
      width: t.hidden_size,
      before: 1,
      activations: activationsOf(t, t.max_position_embeddings),
      at: (ids) => eosIndex(ids, LARGEST_ID),
      tokens: (p, ids) => tokenEmbedding(towers(p), inner, ids),
      embed: (p, tokens, at) => textEmbeddingFromTokens(towers(p), inner, tokens, at),
    },
    similarity: {
      scale: (p) => logitScale(towers(p)),
      logits: (p, image, text) => logitsPerImage(towers(p), image, text),
      tensors: { scale },
      bounds: { [scale]: Math.log(100) },
      of: (weights) => ({ scale: Math.exp(weights.float32(scale)[0]!), bias: 0 }),
    },
    check: (weights) => checkScale(weights, scale),
    detector: detector(c, kind),
  }
}

const half = (tower: string, model: string) => sentence('model.one-tower', { tower, model })

export const owlFamily = <Type extends string>(kind: OwlKind<Type>): AnyFamily =>
  defineFamily<OwlConfig>({
    types: [kind.type],
    name: kind.name,
    can: ['embedImage', 'embedText', 'detect'],
    config: owlConfig(kind.type, kind),
    describe: (c) => describe(c, kind),
    essence: ({ text_config: text, vision_config: vision, projection_dim }) =>
      essential({
        model_type: kind.type,
        projection_dim,
        text_config: { ...text, hidden_act: activationName(text.hidden_act) },
        vision_config: { ...vision, hidden_act: activationName(vision.hidden_act) },
      }),
    parts: {
      [`${kind.type}_text_model`]: half('text', kind.saves),
      [`${kind.type}_vision_model`]: half('vision', kind.saves),
    },
    landmarks: [`${kind.type}.vision_model.post_layernorm.weight`, 'box_head.dense2.weight', 'class_head.dense0.weight'],
    saves: kind.saves,
    processors: kind.processors,
    buffers: ['*.position_ids', 'box_bias'],
  })
