/**
 * Learned tokens of an image tower (Jia et al. 2022, Visual prompt tuning, §3.2; KMnP/vpt src/models/vit_prompt/vit.py):
 * `count` of them stand after the class token. Those of the first layer go on through all layers (shallow), or each layer
 * replaces them by its own (deep). They are a tensor of the model, announced in `config.json`; `transformers` does not know
 * it and computes the features of the model without them.
 */
import { z } from 'zod'
import { userError } from '#shared/errors.ts'
import { sentence } from '#shared/sentences/table.ts'
import { concat, expand, slice } from '../ops/index.ts'
import type { Value } from '../graph/graph.ts'
import type { Params } from '../nn/params.ts'
import { type Architecture, type ImageTower, viewed } from './model.ts'
import { TensorList } from './tensors.ts'

/** In `config.json`. `depth`: how many of the first layers have tokens of their own. */
export const visualPromptsSchema = z.object({ visual_prompts: z.object({ count: z.int().min(1).max(1000), depth: z.int().min(1) }) })
type VisualPrompts = z.infer<typeof visualPromptsSchema>['visual_prompts']

/** [depth, count, width]. */
export const VISUAL_PROMPTS = 'visual_prompts.embeddings'

/** @throws a user error, starting with `wanted`, if the image tower takes no tokens, or has some already */
export function layersOf({ image, family, tensors }: Architecture, wanted: string): NonNullable<ImageTower['layers']> {
  if (!image.layers) throw userError(sentence('recipe.no-visual-prompts', { recipe: wanted, family: family.name }))
  if (tensors.has(VISUAL_PROMPTS)) throw userError(sentence('recipe.visual-prompts-twice', { recipe: wanted }))
  return image.layers
}

/** What an architecture is with learned tokens: a tensor more, which the image tower reads. */
export function withVisualPrompts(model: Architecture, { count, depth }: VisualPrompts): Pick<Architecture, 'image' | 'tensors'> {
  const layers = layersOf(model, 'visual_prompts')
  const shape = [Math.min(depth, layers.names.length), count, layers.width]
  const tensors = new TensorList(model.tensors)
  tensors.in('image').embedding(VISUAL_PROMPTS, shape)
  const { image } = model
  return {
    tensors,
    image: {
      ...image,
      config: { ...(image.config as object), visual_prompts: { count, depth } },
      ...viewed(image, (p) => withTokens(p, layers, p.get(VISUAL_PROMPTS, shape))),
    },
  }
}

/** These weights, with which tokens [depth, count, width] stand in what enters each of the first layers. */
export function withTokens(p: Params, { names, first }: NonNullable<ImageTower['layers']>, table: Value): Params {
  const [depth, count, width] = table.shape as [number, number, number]
  const view = Object.create(p) as Params
  view.enter = (layer, incoming) => {
    const x = p.enter(layer, incoming)
    const i = names.indexOf(layer)
    if (i < 0 || i >= depth) return x
    const own = expand(slice(table, { axis: 0, start: i, end: i + 1 }), [x.shape[0]!, count, width])
    const after = slice(x, { axis: 1, start: i === 0 ? first : first + count })
    return concat([slice(x, { axis: 1, start: 0, end: first }), own, after], { axis: 1 })
  }
  return view
}
