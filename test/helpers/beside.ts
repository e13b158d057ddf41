/** A model with tensors beside its own (engine/recipes/reparametrise.ts): what it computes, and its gradients. */
import { gradients } from '../../src-main/engine/autodiff.ts'
import { Graph } from '../../src-main/engine/graph/graph.ts'
import { eosIndex } from '../../src-main/engine/models/clip.ts'
import { imageFeature, type Model } from '../../src-main/engine/models/model.ts'
import type { Params } from '../../src-main/engine/nn/params.ts'
import { add, gemm, mul } from '../../src-main/engine/ops/index.ts'
import { overlay } from '../../src-main/engine/recipes/overlay.ts'
import { AdaptedParams, type Adapter, NO_ADAPTER } from '../../src-main/engine/recipes/tuning-step.ts'
import { Session, tensor } from '../../src-main/engine/runtime/session.ts'
import { classify } from '../../src-main/engine/tasks/classify.ts'
import { feed } from './clip.ts'
import { floats, type GoldenTensor, ints } from './golden.ts'

export interface Batch extends Record<'pixels' | 'labels' | 'head', GoldenTensor> {
  readonly scale: number
  /** Of the head; none by default. */
  readonly bias?: GoldenTensor
}

const paramsOf = (graph: Graph, model: Model, adapter: Adapter, trains = (name: string) => adapter.tensors.has(name)) =>
  new AdaptedParams(graph, overlay(model.weights, adapter.tensors), trains, {}, adapter)

/** The cross-entropy of scale · feature · headᵀ + bias, and its gradients by the name of what is trained. */
export async function lossAndGradients(
  model: Model,
  batch: Batch,
  { adapter = NO_ADAPTER, trains }: { readonly adapter?: Adapter; readonly trains?: (name: string) => boolean },
): Promise<{ loss: number; gradients: Record<string, Float32Array> }> {
  const graph = new Graph()
  const p = paramsOf(graph, model, adapter, trains)
  const feature = imageFeature(model, p, graph.input('pixels', 'float32', batch.pixels.shape))
  const head = graph.constant(floats(batch.head), 'float32', batch.head.shape)
  const scaled = mul(gemm(feature, head, undefined, { transB: true }), batch.scale)
  const logits = batch.bias ? add(scaled, graph.constant(floats(batch.bias), 'float32', batch.bias.shape)) : scaled
  const loss = classify.loss(logits, classify.inputs(graph, batch.labels.shape[0]!))
  graph.output('loss', loss)
  const names = p.trainable.map(({ name }) => name)
  const inputs = names.map((name) => graph.inputs.find((v) => v.name === `w:${name}`)!)
  gradients(loss, inputs).forEach((g, i) => graph.output(names[i]!, g))
  const session = await Session.create(graph)
  const weights = p.trainable.map(({ name, shape }) => [`w:${name}`, tensor(p.source.float32(name), 'float32', shape)])
  const found = await session.run({ pixels: feed(batch.pixels), labels: feed(batch.labels), ...Object.fromEntries(weights) })
  await session.release()
  return {
    loss: (found['loss']!.data as Float32Array)[0]!,
    gradients: Object.fromEntries(names.map((name) => [name, found[name]!.data as Float32Array])),
  }
}

/** Image embeddings, and where ids are given text embeddings, not normalised; with an adapter unmerged. */
export async function embeddings(
  model: Model,
  { pixels, ids }: { readonly pixels: GoldenTensor; readonly ids?: GoldenTensor },
  adapter: Adapter = NO_ADAPTER,
): Promise<{ image: Float32Array; text?: Float32Array }> {
  const graph = new Graph()
  const p: Params = paramsOf(graph, model, adapter, () => false)
  graph.output('image', model.image.embed(p, graph.input('pixels', 'float32', pixels.shape)))
  const [b, t] = (ids?.shape ?? [0, 0]) as [number, number]
  if (ids)
    graph.output('text', model.text!.embed(p, model.text!.tokens(p, graph.input('ids', 'int32', [b, t])), graph.input('at', 'int32', [b])))
  const session = await Session.create(graph)
  const end = (i: number) => eosIndex(ints(ids!).subarray(i * t, (i + 1) * t), model.text!.vocabulary - 1)
  const at = Int32Array.from({ length: b }, (_, i) => end(i))
  const found = await session.run({ pixels: feed(pixels), ...(ids && { ids: feed(ids), at: tensor(at, 'int32', [b]) }) })
  await session.release()
  return { image: found['image']!.data as Float32Array, ...(ids && { text: found['text']!.data as Float32Array }) }
}
