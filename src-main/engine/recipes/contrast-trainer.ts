/**
 * Training by a loss over pairs of images and texts, where all pairs of an update are compared with each other however few of them are
 * encoded at once. In several slices it is done as by Gao et al. 2021, "Scaling deep contrastive learning batch size under memory limited
 * setup" (GradCache): all slices are encoded without a gradient; the gradient of the loss by their embeddings is computed; then each slice
 * is encoded again, and that gradient is carried on into the weights. The sum over the slices is the gradient of one large batch.
 */
import { gradients } from '../autodiff.ts'
import { Graph, type Value } from '../graph/graph.ts'
import type { Params } from '../nn/params.ts'
import { add, mul, reduceSum, stopGradient, sub } from '../ops/index.ts'
import type { TrainingPlan } from '../runtime/loop.ts'
import { scalarOf, Session, type Tensor, tensor } from '../runtime/session.ts'
import { Trainer, type TrainOptions } from '../runtime/train.ts'

type Feeds = Record<string, Tensor>

/** Image and text embeddings of pairs, and what else is compared, [n, …] each. */
type Embedded = { readonly image: Value; readonly text: Value } & Readonly<Record<string, Value>>

export interface ContrastStep {
  /** Weights for a graph, of which those that are trained are inputs. */
  params(graph: Graph): Params
  /** Of a slice of `b` pairs, from inputs of the graph. */
  embed(p: Params, graph: Graph, b: number): Embedded
  /** A scalar over all `n` pairs of an update, from further inputs of the graph. */
  loss(p: Params, graph: Graph, n: number, embedded: Embedded): Value
}

interface ContrastFeeds {
  /** The inputs of `embed` for the pairs of micro-batch `micro`. */
  slice(step: number, micro: number): Promise<Feeds>
  /** Those of `loss` for the pairs of these micro-batches together. */
  pairs(step: number, micros: readonly number[]): Feeds
}

interface Sliced {
  /** Pairs of a slice. */
  readonly batch: number
  /** Slices that are compared with each other. */
  readonly slices: number
}

interface ContrastTrainer extends Pick<TrainingPlan, 'batch' | 'ready'> {
  readonly trainer: Trainer
  /** The loss of pairs by the current weights or their moving average. */
  measure(slices: readonly Feeds[], pairs: Feeds): Promise<number>
  release(): Promise<void>
}

/** @param options `accumulate`: micro-batches of an update, a multiple of `slices` */
export async function contrastTrainer(
  step: ContrastStep,
  feeds: ContrastFeeds,
  initial: (name: string) => Float32Array,
  { batch, slices }: Sliced,
  options: TrainOptions,
): Promise<ContrastTrainer> {
  if (slices === 1) {
    const whole = (graph: Graph) => {
      const p = step.params(graph)
      const loss = step.loss(p, graph, batch, step.embed(p, graph, batch))
      return { loss, parameters: p.trainable }
    }
    const trainer = await Trainer.create({ build: whole }, initial, options)
    return {
      trainer,
      batch: async (at, micro) => ({ ...(await feeds.slice(at, micro)), ...feeds.pairs(at, [micro]) }),
      measure: async ([slice], pairs) => (await trainer.measure({ ...slice, ...pairs }, { ema: true })).loss,
      release: () => trainer.release(),
    }
  }
  const n = batch * slices
  const encoder = encoderOf(step, batch)
  const dims = encoder.outputs.map(({ name, value }) => [name, value.shape[1]!] as const)
  const { graph: over, joint } = lossOf(step, n, dims)
  const trainer = await Trainer.create({ build: (graph) => carried(step, graph, { batch, slices }, joint) }, initial, options)
  const encode = await Session.create(encoder, options.session)
  const compare = await Session.create(over, options.session)

  /** The loss of all pairs with its gradients. */
  const compared = async (slice: (k: number) => Promise<Feeds>, pairs: Feeds, ema = false) => {
    const weights = trainer.weights({ ema })
    const all = dims.map(([name, dim]) => ({ name, dim, rows: new Float32Array(n * dim) }))
    let ahead = slice(0)
    for (let k = 0; k < slices; k++) {
      const own = await ahead
      if (k + 1 < slices) (ahead = slice(k + 1)).catch(() => undefined) // thrown when awaited
      const found = await encode.run({ ...weights, ...own })
      for (const { name, dim, rows } of all) rows.set(found[name]!.data as Float32Array, k * batch * dim)
    }
    const embedded = Object.fromEntries(all.map(({ name, dim, rows }) => [name, tensor(rows, 'float32', [n, dim])]))
    return compare.run({ ...weights, ...pairs, ...embedded })
  }

  let known: Record<string, Tensor> = {}
  return {
    trainer,
    batch: (at, micro) => feeds.slice(at, micro),
    async ready(own, at, micro) {
      const k = micro % slices
      if (k === 0) {
        const micros = Array.from({ length: slices }, (_, i) => micro + i)
        known = await compared((i) => (i ? feeds.slice(at, micros[i]!) : Promise.resolve(own)), feeds.pairs(at, micros))
      }
      const ofRows = dims.map(([name, dim]) => {
        const all = known[toward(name)]!.data as Float32Array
        return [toward(name), tensor(all.slice(k * batch * dim, (k + 1) * batch * dim), 'float32', [batch, dim])] as const
      })
      const ofJoint = joint.map(({ name }) => [toward(name), known[toward(name)]!] as const)
      return {
        ...own,
        ...Object.fromEntries([...ofRows, ...ofJoint]),
        value: known['loss']!,
      }
    },
    measure: async (own, pairs) => scalarOf((await compared((k) => Promise.resolve(own[k]!), pairs, true))['loss']!),
    async release() {
      await trainer.release()
      await encode.release()
      await compare.release()
    },
  }
}

/** The gradient of the loss by an embedding or a weight. */
const toward = (name: string) => `d:${name}`

function encoderOf(step: ContrastStep, batch: number): Graph {
  const graph = new Graph()
  const embedded = step.embed(step.params(graph), graph, batch)
  for (const [name, value] of Object.entries(embedded)) graph.output(name, value)
  return graph
}

type Joint = Params['trainable']

/** The loss of n pairs and its gradients, from their embeddings; and the weights that it depends on besides. */
function lossOf(step: ContrastStep, n: number, dims: readonly (readonly [name: string, dim: number])[]): { graph: Graph; joint: Joint } {
  const graph = new Graph()
  const p = step.params(graph)
  const embedded = Object.fromEntries(dims.map(([name, dim]) => [name, graph.input(name, 'float32', [n, dim])])) as Embedded
  const loss = step.loss(p, graph, n, embedded)
  graph.output('loss', loss)
  const names = [...Object.keys(embedded), ...p.trainable.map(({ name }) => name)]
  const weights = p.trainable.map(({ name }) => graph.inputs.find((v) => v.name === `w:${name}`)!)
  gradients(loss, [...Object.values(embedded), ...weights]).forEach((g, i) => graph.output(toward(names[i]!), g))
  return { graph, joint: p.trainable }
}

/** A function whose value is the loss of all pairs, and whose gradient, averaged over the slices, is the loss's. */
function carried(step: ContrastStep, graph: Graph, { batch, slices }: Sliced, joint: Joint) {
  const p = step.params(graph)
  const embedded = Object.entries(step.embed(p, graph, batch))
  const along = (x: Value, name: string) => reduceSum(mul(x, graph.input(toward(name), 'float32', x.shape)))
  const towers = mul(embedded.map(([name, value]) => along(value, name)).reduce(add), slices)
  const sum = joint.reduce((all, { name, shape }) => add(all, along(p.get(name, shape), name)), towers)
  return { loss: add(sub(sum, stopGradient(sum)), graph.input('value', 'float32', [])), parameters: p.trainable }
}
