/**
 * Prompts that depend on the image (Zhou et al. 2022, Conditional prompt learning for vision-language models, §3.2;
 * KaiyangZhou/CoOp trainers/cocoop.py): a small network turns the image's feature into a shift of the learned context, so
 * that each image has a classifier of its own.
 */
import { Graph, type Value } from '../graph/graph.ts'
import { textTower } from '../models/families.ts'
import { type Model, paramsFor } from '../models/model.ts'
import type { Params } from '../nn/params.ts'
import { add, expand, l2Normalize, linear, mul, reduceSum, relu, reshape } from '../ops/index.ts'
import { type Provider, Session, tensor } from '../runtime/session.ts'
import { type Head, IMAGE_PROMPTS, type ImagePromptTensor } from '../weights/head.ts'
import { headLogits } from './head-logits.ts'
import { Prompts, withContext } from './prompts.ts'

export type ImagePromptValues = Readonly<Record<ImagePromptTensor, Value>>

/** Features [b, dim] → the normalised embeddings of every class's prompt for every image, [b · C, dim]. */
export function imagePromptTexts(p: Params, model: Model, prompts: Prompts, t: ImagePromptValues, features: Value): Value {
  const { before, embed } = textTower(model, 'cocoop')
  const b = features.shape[0]!
  const [m, width] = t['prompt.context'].shape as [number, number]
  const hidden = linear(features, t['meta_net.linear1.weight'], t['meta_net.linear1.bias'])
  const shift = linear(relu(hidden), t['meta_net.linear2.weight'], t['meta_net.linear2.bias'])
  const context = add(reshape(t['prompt.context'], [1, 1, m, width]), reshape(shift, [b, 1, 1, width])) // [b, 1, M, width]
  const words = prompts.words(p) // [C, T, width]
  const [c, length] = words.shape as [number, number]
  const each = (x: Value, n: number) => reshape(expand(x, [b, c, n, width]), [b * c, n, width])
  const tokens = withContext(each(reshape(words, [1, c, length, width]), length), each(context, m), before)
  return l2Normalize(embed(p, tokens, prompts.at(p.graph, b)))
}

/** Features [b, dim] → logits [b, C]. */
export function imagePromptLogits(p: Params, model: Model, prompts: Prompts, t: ImagePromptValues, features: Value): Value {
  const { similarity } = textTower(model, 'cocoop')
  const [b, dim] = features.shape as [number, number]
  const texts = imagePromptTexts(p, model, prompts, t, features)
  const cosine = reduceSum(mul(reshape(texts, [b, texts.shape[0]! / b, dim]), reshape(features, [b, 1, dim])), { axes: [2] })
  return add(mul(cosine, similarity.scale(p)), similarity.of(model.weights).bias)
}

/** Prompts that are read at once. */
const AT_ONCE = 64

/** features [n, D] → logits [n, C] of any classifier of a model. */
export async function classifierLogits(
  model: Model,
  features: Float32Array,
  head: Head,
  provider: Provider = 'cpu',
): Promise<Float32Array> {
  const { prompts: learned, dim, classes } = head
  if (!learned) return headLogits(features, head)
  const n = features.length / dim
  const b = Math.max(1, Math.min(n, Math.floor(AT_ONCE / classes.length)))
  const graph = new Graph()
  const prompts = Prompts.of(model, classes, { contextLength: learned['prompt.context'].shape[0]!, position: 'end' }, 'cocoop')
  const constants = Object.fromEntries(
    IMAGE_PROMPTS.map((name) => [name, graph.constant(learned[name].data, 'float32', learned[name].shape)]),
  )
  const x = graph.input('features', 'float32', [b, dim])
  graph.output('y', imagePromptLogits(paramsFor(model, graph, model.weights), model, prompts, constants as ImagePromptValues, x))
  const session = await Session.create(graph, { provider })
  try {
    const out = new Float32Array(n * classes.length)
    for (let from = 0; from < n; from += b) {
      const rows = new Float32Array(b * dim)
      const own = features.subarray(from * dim, (from + b) * dim)
      rows.set(own)
      const { y } = await session.run({ features: tensor(rows, 'float32', [b, dim]) })
      out.set((y!.data as Float32Array).subarray(0, (own.length / dim) * classes.length), from * classes.length)
    }
    return out
  } finally {
    await session.release()
  }
}
