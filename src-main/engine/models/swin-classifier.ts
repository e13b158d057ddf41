import { z } from 'zod'
import { sentence } from '#shared/sentences/table.ts'
import type { Value } from '../graph/graph.ts'
import type { Params } from '../nn/params.ts'
import { layerNorm } from '../nn/transformer.ts'
import { reduceMean } from '../ops/index.ts'
import { MAX_ACTIVATIONS, pictureSide } from './bounds.ts'
import { activationName, essential } from './essence.ts'
import { defineFamily } from './model.ts'
import { fitsHeads, stageGrids, stageWidth, swinCost, swinShape, swinStages, swinTensors, type SwinConfig, unfitHeads } from './swin.ts'
import { TensorList } from './tensors.ts'
import { classNames, labelled, ownClassifier, vitProcessor } from './vit.ts'

/*
 * Swin (Liu et al. 2021) as a classifier, or the encoder alone, with the structure and tensor names of transformers'
 * SwinForImageClassification and SwinModel: the mean of the last stage's tokens after a norm.
 */

const config = z
  .object({
    ...swinShape,
    ...labelled,
    image_size: pictureSide.default(224),
    architectures: z.array(z.string()).nullish(),
  })
  .transform((c) => ({ ...c, outputs: [] }))
  .refine(fitsHeads, unfitHeads)
  .refine((c) => stageGrids(c, c.image_size, c.image_size).every(([h]) => h >= c.window_size), {
    path: ['window_size'],
    message: 'expected at most the grid of the last stage: transformers has no smaller windows either',
  })
type Config = z.output<typeof config>

/** pixels [B, 3, H, W] → the mean of the last stage's tokens [B, D]. */
function imageEmbedding(all: Params, c: Config, prefix: string, pixels: Value): Value {
  const p = all.renamed((name) => prefix + name)
  // A grid that one window covers is not shifted.
  const last = swinStages(p, c, pixels, (h, w) => Math.min(h, w) <= c.window_size).at(-1)!
  return reduceMean(layerNorm(p, 'layernorm', last, c.layer_norm_eps), { axes: [1, 2], keepdims: false })
}

const width = (c: SwinConfig): number => stageWidth(c, c.depths.length)

function tensors(c: Config, prefix: string): TensorList {
  const list = new TensorList()
  const own = new TensorList()
  swinTensors(own, c)
  own.in('image').norm('layernorm', width(c))
  list.take(prefix, own)
  if (prefix) list.in('head').affine('classifier', classNames(c).length, width(c))
  return list
}

export const swin = defineFamily<Config>({
  types: ['swin'],
  name: 'Swin',
  can: ['embedImage'],
  config,
  describe: (c) => {
    const prefix = /Model$/.test(c.architectures?.[0] ?? '') ? '' : 'swin.'
    const classifier = { classifiers: ['classifier'], classes: classNames(c) }
    return {
      dim: width(c),
      tensors: tensors(c, prefix),
      image: {
        size: c.image_size,
        patch: c.patch_size,
        anySize: true,
        unit: false,
        config: c,
        embed: (p, pixels) => imageEmbedding(p, c, prefix, pixels),
        activations: (height, w) => swinCost(c, height, w),
        tooMany: (height, w) => {
          const [[rows, columns]] = stageGrids(c, height, w) as [readonly [number, number]]
          return swinCost(c, height, w) > MAX_ACTIVATIONS
            ? sentence('model.tokens', { tokens: rows * columns, heads: c.num_heads[0]! })
            : undefined
        },
      },
      classifier: prefix ? (weights) => ownClassifier(width(c), classifier, weights) : undefined,
    }
  },
  essence: (c) => ({ ...(essential(c) as object), hidden_act: activationName(c.hidden_act), num_labels: classNames(c).length }),
  landmarks: [],
  saves: 'SwinForImageClassification',
  processors: [vitProcessor],
  buffers: ['*.relative_position_index', '*embeddings.mask_token'],
})
