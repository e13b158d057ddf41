import { z } from 'zod'
import { sentence } from '#shared/sentences/table.ts'
import type { Value } from '../graph/graph.ts'
import { convolution } from '../nn/conv.ts'
import type { Params } from '../nn/params.ts'
import { encoderLayer, linear, postNormLayer } from '../nn/transformer.ts'
import { add, convTranspose, expand, matmul, mul, relu, reshape, slice, swapLast, transpose, unsqueeze } from '../ops/index.ts'
import { width } from './bounds.ts'
import { clipFields, withTowers } from './clip-config.ts'
import { checkScale, clipEssence, clipImage, clipSimilarity, clipTensors, clipText, imageTokens } from './clip.ts'
import { initialClipseg } from './clipseg-init.ts'
import { defineFamily } from './model.ts'
import type { ImageState, Segmenter } from './segmenter.ts'
import { TensorList } from './tensors.ts'
import { vitProcessor } from './vit.ts'

/*
 * CLIPSeg (Lüddecke & Ecker 2022, "Image segmentation using text and image prompts") with the structure and tensor names
 * of transformers (models/clipseg/modeling_clipseg.py): a whole CLIP, and a small Transformer that reads some of its
 * image encoder's layers and is modulated by the embedding of a text or of an example image.
 */

const CLIP = 'clip.'
/** The weights of the CLIP inside. */
const inside = (p: Params): Params => p.renamed((name) => CLIP + name)
const clipsegConfig = z
  .preprocess(
    withTowers,
    z.object({
      model_type: z.literal('clipseg'),
      ...clipFields,
      extract_layers: z.array(z.int().min(0)).min(1).max(1024).default([3, 6, 9]),
      reduce_dim: width.default(64),
      decoder_num_attention_heads: width.default(4),
      decoder_intermediate_size: width.default(2048),
      conditional_layer: z.int().min(0).default(0),
      use_complex_transposed_convolution: z.boolean().default(false),
    }),
  )
  .refine((c) => c.extract_layers.every((n) => n < c.vision_config.num_hidden_layers), {
    path: ['extract_layers'],
    message: 'expected numbers below vision_config.num_hidden_layers',
  })
  .refine((c) => c.conditional_layer < c.extract_layers.length, {
    path: ['conditional_layer'],
    message: 'expected a number below the number of extract_layers: without it no mask would depend on its query',
  })
  .refine((c) => c.reduce_dim % c.decoder_num_attention_heads === 0, {
    path: ['decoder_num_attention_heads'],
    message: 'must divide reduce_dim',
  })
  .refine((c) => !c.use_complex_transposed_convolution || c.vision_config.patch_size >= 4, {
    path: ['use_complex_transposed_convolution'],
    message: 'needs a vision_config.patch_size of at least 4',
  })
export type ClipsegConfig = z.output<typeof clipsegConfig>

/** The outputs of the image encoder's first `n` layers, [B, T, D] each. */
function layerOutputs(p: Params, c: ClipsegConfig, pixels: Value, n: number): Value[] {
  const clip = inside(p)
  const outputs: Value[] = []
  let x = imageTokens(clip, c, pixels)
  for (let i = 0; i < n; i++) outputs.push((x = encoderLayer(clip, `vision_model.encoder.layers.${i}`, x, c.vision_config)))
  return outputs
}

/** The layers that the decoder reads, the last one first, reduced: `layer0` … [B, T, reduce_dim]. */
function reduced(p: Params, c: ClipsegConfig, outputs: readonly Value[]): ImageState {
  const read = c.extract_layers.map((i) => outputs[i]!).reverse()
  return Object.fromEntries(read.map((y, i) => [`layer${i}`, linear(p, `decoder.reduces.${i}`, y, c.reduce_dim)]))
}

const encode = (p: Params, c: ClipsegConfig, pixels: Value): ImageState =>
  reduced(p, c, layerOutputs(p, c, pixels, Math.max(...c.extract_layers) + 1))

/** Logits [Q, h, w] of queries [Q, projection_dim] for the state of one image, or of several with as many queries each. */
function masks(p: Params, c: ClipsegConfig, state: ImageState, queries: Value): Value {
  const [q, d] = [queries.shape[0]!, c.reduce_dim]
  const [b, t] = state['layer0']!.shape as [number, number, number]
  const block = {
    ...c.vision_config,
    hidden_size: d,
    num_attention_heads: c.decoder_num_attention_heads,
    intermediate_size: c.decoder_intermediate_size,
    hidden_act: 'relu' as const, // whatever decoder_hidden_act says
  }
  let x: Value | undefined
  for (let i = 0; i < c.extract_layers.length; i++) {
    const read = reshape(expand(unsqueeze(state[`layer${i}`]!, [1]), [b, q / b, t, d]), [q, t, d])
    x = x ? add(read, x) : read
    if (i === c.conditional_layer) {
      const by = (name: string) => unsqueeze(linear(p, `decoder.${name}`, queries, d), [1]) // FiLM (Dumoulin et al. 2018)
      x = add(mul(by('film_mul'), x), by('film_add'))
    }
    x = postNormLayer(p, `decoder.layers.${i}`, x, block)
  }
  const side = Math.round(Math.sqrt(t - 1))
  return upscale(p, c, reshape(swapLast(slice(x!, { axis: 1, start: 1 })), [q, d, side, side]))
}

/** [Q, reduce_dim, g, g] → [Q, h, w]. */
function upscale(p: Params, c: ClipsegConfig, x: Value): Value {
  const name = 'decoder.transposed_convolution'
  const up = (at: string, y: Value, out: number, size: number) => {
    const weight = p.get(`${at}.weight`, [y.shape[1]!, out, size, size])
    return p.scoped(at, () => convTranspose(y, weight, p.get(`${at}.bias`, [out]), { stride: size }))
  }
  const { patch_size: patch } = c.vision_config
  if (!c.use_complex_transposed_convolution) return eachPatch(p, name, x, patch)
  const k = Math.floor(patch / 4)
  const near = relu(convolution(p, `${name}.0`, x, c.reduce_dim, { kernel: [3, 3], padding: 1 }))
  return flat(up(`${name}.4`, relu(up(`${name}.2`, near, Math.floor(c.reduce_dim / 2), k)), 1, k))
}

/**
 * A transposed convolution [Q, d, g, g] → [Q, g·patch, g·patch] whose windows touch: a linear map of each token to the pixels of
 * its patch, with a gradient as cheap as one.
 */
function eachPatch(p: Params, name: string, x: Value, patch: number): Value {
  const [q, d, g] = x.shape as [number, number, number]
  const [weight, bias] = [p.get(`${name}.weight`, [d, 1, patch, patch]), p.get(`${name}.bias`, [1])]
  return p.scoped(name, () => {
    const pixels = matmul(reshape(transpose(x, [0, 2, 3, 1]), [q * g * g, d]), reshape(weight, [d, patch * patch]))
    const grid = transpose(reshape(pixels, [q, g, g, patch, patch]), [0, 1, 3, 2, 4])
    return add(reshape(grid, [q, g * patch, g * patch]), bias)
  })
}

const flat = (x: Value): Value => reshape(x, [x.shape[0]!, x.shape[2]!, x.shape[3]!])

function tensors(c: ClipsegConfig): TensorList {
  const list = new TensorList()
  list.take(CLIP, clipTensors(c))
  const { affine, norm, weight, bias } = list.in('masks')
  const d = c.reduce_dim
  for (const name of ['film_mul', 'film_add']) affine(`decoder.${name}`, d, c.projection_dim)
  const up = (at: string, into: number, out: number, size: number) => {
    weight(`${at}.weight`, [into, out, size, size])
    bias(`${at}.bias`, [out])
  }
  const name = 'decoder.transposed_convolution'
  const { patch_size: patch } = c.vision_config
  if (c.use_complex_transposed_convolution) {
    const [half, k] = [Math.floor(d / 2), Math.floor(patch / 4)]
    up(`${name}.0`, d, d, 3)
    up(`${name}.2`, d, half, k)
    up(`${name}.4`, half, 1, k)
  } else up(name, d, 1, patch)
  c.extract_layers.forEach((_, i) => {
    affine(`decoder.reduces.${i}`, d, c.vision_config.hidden_size)
    const layer = `decoder.layers.${i}`
    for (const x of ['q', 'k', 'v', 'out']) affine(`${layer}.self_attn.${x}_proj`, d, d)
    affine(`${layer}.mlp.fc1`, c.decoder_intermediate_size, d)
    affine(`${layer}.mlp.fc2`, d, c.decoder_intermediate_size)
    norm(`${layer}.layer_norm1`, d)
    norm(`${layer}.layer_norm2`, d)
  })
  return list
}

const SCALE = `${CLIP}logit_scale`
const half = (tower: string) => sentence('model.one-tower', { tower, model: 'CLIPSegForImageSegmentation' })

export const clipseg = defineFamily<ClipsegConfig>({
  types: ['clipseg'],
  name: 'CLIPSeg',
  can: ['embedImage', 'embedText', 'segment'],
  config: clipsegConfig,
  describe: (c) => {
    const [image, text] = [clipImage(c), clipText(c)]
    const segmenter: Segmenter = {
      competing: false,
      unit: false,
      windows: false,
      encode: (p, pixels) => encode(p, c, pixels),
      masks: (p, state, queries) => masks(p, c, state, queries),
    }
    return {
      dim: c.projection_dim,
      tensors: tensors(c),
      initial: (seed) => initialClipseg(c, tensors(c).shapes(), seed),
      image: {
        ...image,
        anySize: true,
        embed: (p, pixels) => image.embed(inside(p), pixels),
        tooMany: (height, w) => (height === w ? image.tooMany(height, w) : sentence('model.not-square', { height, width: w })),
      },
      text: {
        ...text,
        table: CLIP + text.table,
        tokens: (p, ids) => text.tokens(inside(p), ids),
        embed: (p, tokens, at) => text.embed(inside(p), tokens, at),
      },
      similarity: {
        scale: (p) => clipSimilarity.scale(inside(p)),
        logits: (p, x, y) => clipSimilarity.logits(inside(p), x, y),
        tensors: { scale: SCALE },
        bounds: { [SCALE]: Math.log(100) },
        of: (weights) => clipSimilarity.of({ float32: (name) => weights.float32(CLIP + name) }),
      },
      segmenter,
      check: (weights) => checkScale(weights, SCALE),
    }
  },
  essence: clipEssence,
  parts: { clipseg_text_model: half('text'), clipseg_vision_model: half('vision') },
  landmarks: ['decoder.film_mul.weight', 'clip.visual_projection.weight', 'clip.text_projection.weight', SCALE],
  saves: 'CLIPSegForImageSegmentation',
  processors: [vitProcessor],
  buffers: ['*.position_ids'],
})
