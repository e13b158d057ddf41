/** One step of fine-tuning a classifier, as a graph: the task's loss and what regularises it. */
import type { Graph, Shape, Value } from '../graph/graph.ts'
import { imageFeature, type Model } from '../models/model.ts'
import { Params, type ParamsOptions, type WeightSource } from '../nn/params.ts'
import { linear } from '../nn/transformer.ts'
import { add } from '../ops/index.ts'
import type { Parameter } from '../optim/optimizer.ts'
import type { Task } from '../runtime/task.ts'
import { classify } from '../tasks/classify.ts'
import type { ReadClasses } from './class-texts.ts'
import { depthsOf, rateAt, turnOf } from './depth.ts'
import type { DropPath } from './drop-path.ts'
import type { Dropout } from './dropout.ts'
import type { Mixer } from './mix.ts'
import type { OwnTensor } from './overlay.ts'
import type { Anchoring, Regularising } from './regularising.ts'
import { startPenalty } from './start-point.ts'
import { type Teacher, teaching } from './teacher.ts'

/** Tensors trained besides the model's own, and how they modify the model's. */
export interface Adapter {
  readonly tensors: ReadonlyMap<string, OwnTensor>
  /** The value used in place of the model's tensor `name`. @param own the adapter's tensors as graph values */
  adapt(name: string, value: Value, own: (name: string) => Value): Value
  /** What it makes of `y`, which leaves a linear layer that `x` enters; `y` by default. */
  leave?(module: string, y: Value, x: Value, own: (name: string) => Value): Value
  /** The adapter of a training step, where parts of what enters it are dropped. */
  dropping?(dropout: Dropout): Adapter
}

export const NO_ADAPTER: Adapter = { tensors: new Map(), adapt: (_, value) => value }

/** The model's weights, modified by an adapter where it applies. */
export class AdaptedParams extends Params {
  private readonly adapted = new Map<string, Value>()

  constructor(
    graph: Graph,
    source: WeightSource,
    isTrainable: (name: string) => boolean,
    options: ParamsOptions,
    private readonly adapter: Adapter,
  ) {
    super(graph, source, isTrainable, options)
  }

  override get(name: string, shape: Shape): Value {
    const known = this.adapted.get(name)
    if (known) return known
    const value = this.adapter.adapt(name, super.get(name, shape), (own) => this.own(own))
    this.adapted.set(name, value)
    return value
  }

  override leave(module: string, y: Value, x: Value): Value {
    return this.adapter.leave?.(module, y, x, (own) => this.own(own)) ?? y
  }

  private own(name: string): Value {
    return super.get(name, this.adapter.tensors.get(name)!.shape)
  }
}

type StepSettings = { readonly labelSmoothing: number } & Regularising & Partial<Anchoring>

export interface TuningStep {
  readonly model: Model
  /** The model's weights, the adapter's and the head's. */
  readonly source: WeightSource
  isTrained(name: string): boolean
  readonly adapter: Adapter
  readonly classes: number
  readonly size: { readonly height: number; readonly width: number }
  readonly settings: StepSettings
  readonly classWeights: Float32Array | undefined
  readonly mixer: Pick<Mixer, 'inputs'> | undefined
  readonly teacher: Omit<Teacher, 'feeds'> | undefined
  /** Of the training steps alone. */
  readonly paths: DropPath
  readonly dropout?: Dropout
  /** What the text tower says of the classes takes the place of a head. */
  readonly texts?: ReadClasses
  /** Updates of an epoch. */
  readonly perEpoch: number
}

/** The weights of a step's graph. */
export function paramsOf({ model, source, isTrained, adapter, dropout }: Pick<TuningStep, Weighing>, graph: Graph, training = false) {
  const own = (training && dropout?.begin() && adapter.dropping?.(dropout)) || adapter
  return new AdaptedParams(graph, source, isTrained, { decays: model.tensors.decays, frozen: 'stored' }, own)
}
type Weighing = 'model' | 'source' | 'isTrained' | 'adapter' | 'dropout'

/** The classifier's logits [b, classes], from the inputs `pixels` [b, 3, H, W] and the weights that are trained. */
export function logitsOf(step: Omit<TuningStep, 'settings'>, graph: Graph, b: number, training = false) {
  const { model, classes, size, paths, texts } = step
  const p = paramsOf(step, graph, training)
  const pixels = graph.input('pixels', 'float32', [b, 3, size.height, size.width])
  const see = (weights: Params) => imageFeature(model, weights, pixels)
  const features = training ? paths.within(p, model.family.name, see) : see(p)
  const classified = () => (training ? texts!.logits(p, features) : texts!.known(features))
  return { p, pixels, features, y: texts ? classified() : linear(p, 'head', features, classes) }
}

export function tuningTask(step: TuningStep, b: number): Task {
  const { model, settings: s, teacher, mixer } = step
  const paced = pacing(step)
  return {
    build(graph) {
      const { p, pixels, features, y } = logitsOf(step, graph, b, true)
      const parameters = p.trainable.map(paced)
      const mixed = mixer?.inputs(graph, b)
      const loss = classify.loss(y, classify.inputs(graph, b), { smoothing: s.labelSmoothing, classWeights: step.classWeights, mixed })
      const terms = [
        loss,
        ...(teacher ? [teaching(teacher, s, { graph, features, pixels })] : []),
        ...(anchored(s) ? [startPenalty(graph, parameters, model.weights, s)] : []),
      ]
      return { loss: terms.reduce(add), parameters }
    },
  }
}

/** Whether L2-SP takes the place of weight decay. */
export const anchored = (s: Partial<Anchoring>): s is Partial<Anchoring> & Pick<Anchoring, 'l2spAlpha' | 'l2spBeta'> => s.l2sp === true

/** When a parameter is trained, and how fast. */
function pacing({ model, settings: { layerDecay = 1, unfreezeEvery = 0 }, perEpoch }: TuningStep): (p: Parameter) => Parameter {
  if (layerDecay === 1 && !unfreezeEvery) return (p) => p
  const depths = depthsOf(model)
  return (p) => ({
    ...p,
    ...(layerDecay !== 1 && { rate: rateAt(depths, layerDecay, p.name) }),
    ...(unfreezeEvery && { opens: turnOf(depths, p.name) * unfreezeEvery * perEpoch }),
  })
}
