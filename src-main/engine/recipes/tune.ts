/** Gradient-descent training of a classifier head and of the model tensors that a recipe selects. */
import type { z } from 'zod'
import type { Graph, Shape, Value } from '../graph/graph.ts'
import { imageFeature, type Model } from '../models/model.ts'
import type { TensorSpec } from '../models/tensors.ts'
import { Params, type ParamsOptions, type WeightSource } from '../nn/params.ts'
import { linear } from '../nn/transformer.ts'
import { adamW } from '../optim/optimizer.ts'
import { Trainer } from '../runtime/train.ts'
import { balancedOrder, classWeights } from '../tasks/balance.ts'
import { classify } from '../tasks/classify.ts'
import type { Head } from '../weights/head.ts'
import { fit } from './fit.ts'
import { startHead } from './heads.ts'
import { byAccuracy } from './judges.ts'
import { overlay, type OwnTensor } from './overlay.ts'
import { type PhaseCost, stepsOf } from './phases.ts'
import type { Run, Trained } from './run.ts'
import { DropPath } from './drop-path.ts'
import type { tuning } from './settings.ts'
import { pixelBatches } from './views.ts'

/** Cost of a training step in forward passes: a backward pass takes about two. */
const PASSES = 3

export const tuningPhases = ({ epochs }: { epochs: number }, images: (split: string) => number): PhaseCost[] => [
  { name: 'training', cost: PASSES * epochs * images('train'), measures: true },
]

/** What records have in common whose training is all `tune`, of tensors of the image tower. */
export const tuned = {
  task: 'classify',
  needs: ['embedImage'],
  curve: { phase: 'training', over: 'steps' },
  resumes: 'from the last saved step',
  phases: tuningPhases,
  steps: stepsOf,
} as const

/** Trains the selected tensors and a head that starts as the setting `head` says. */
export async function tuneWithHead(
  run: Run,
  settings: Tuning & { readonly head: 'zero-shot' | 'random'; readonly dropPath?: number },
  trains: (spec: TensorSpec, name: string) => boolean,
): Promise<Trained> {
  const { head, notes } = await startHead(run, settings.head)
  const trained = await tune(run, settings, { head, trains: (name, spec) => trains(spec, name), dropPath: settings.dropPath })
  return { ...trained, notes: { ...trained.notes, ...notes } }
}

/** {@link tuneWithHead} of few tensors: the notes say how many parameters that are. */
export async function tuneFew(...asked: Parameters<typeof tuneWithHead>): Promise<Trained> {
  const trained = await tuneWithHead(...asked)
  const parameters = [...trained.weights.values()].reduce((n, { length }) => n + length, 0)
  return { ...trained, notes: { ...trained.notes, parameters } }
}

export type Tuning = { [K in keyof ReturnType<typeof tuning>]: z.output<ReturnType<typeof tuning>[K]> }

/** Tensors trained besides the model's own, and how they modify the model's. */
export interface Adapter {
  readonly tensors: ReadonlyMap<string, OwnTensor>
  /** The value used in place of the model's tensor `name`. @param own the adapter's tensors as graph values */
  adapt(name: string, value: Value, own: (name: string) => Value): Value
}

export interface Tuned {
  readonly head: Head
  /** The run's by default. */
  readonly model?: Model
  /** Whether one of the model's own tensors is trained. */
  trains(name: string, spec: TensorSpec): boolean
  readonly adapter?: Adapter
  /** The rate of stochastic depth in the last layer; 0 by default. */
  readonly dropPath?: number
}

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
    const value = this.adapter.adapt(name, super.get(name, shape), (own) => super.get(own, this.adapter.tensors.get(own)!.shape))
    this.adapted.set(name, value)
    return value
  }
}

export const NO_ADAPTER: Adapter = { tensors: new Map(), adapt: (_, value) => value }
const [HEAD_WEIGHT, HEAD_BIAS] = ['head.weight', 'head.bias']

interface Adapted extends Trained {
  readonly head: Head
  readonly adapter: ReadonlyMap<string, Float32Array>
  readonly other?: NonNullable<Trained['other']> & { readonly adapter: ReadonlyMap<string, Float32Array> }
}

/** @returns the trained tensors of the model and of the adapter by name, and the head */
export async function tune(
  run: Run,
  s: Tuning,
  { head, trains, model = run.model, adapter = NO_ADAPTER, dropPath = 0 }: Tuned,
): Promise<Adapted> {
  const images = run.split('train')
  const drawn = classify.examples(images.n, {
    ...s,
    seed: run.o.seed,
    ...(s.sampling === 'balanced' && { order: balancedOrder(images.labels, head.classes.length, run.o.seed) }),
  })
  const pictures = pixelBatches(run, s.augmentation, drawn)
  const { height, width } = pictures
  const labels = images.labels
  const weighed = classWeights(labels, head.classes.length, s.classWeights, s.beta)
  const own = new Map([
    ...adapter.tensors,
    [HEAD_WEIGHT, { shape: [head.classes.length, head.dim], data: head.weight }],
    [HEAD_BIAS, { shape: [head.classes.length], data: head.bias }],
  ])
  const source = overlay(model.weights, own)
  const isTrained = (name: string) => own.has(name) || (model.tensors.has(name) && trains(name, model.tensors.get(name)!))

  const paths = new DropPath(dropPath, run.o.seed)
  const logits = (graph: Graph, b: number, training = false) => {
    const p = new AdaptedParams(graph, source, isTrained, { decays: model.tensors.decays, frozen: 'stored' }, adapter)
    const see = (weights: Params) => imageFeature(model, weights, graph.input('pixels', 'float32', [b, 3, height, width]))
    const features = training ? paths.within(p, model.family.name, see) : see(p)
    return { p, y: linear(p, 'head', features, head.classes.length) }
  }
  const fitted = await fit(run, {
    ...{ phase: 'training', settings: s, drawn, by: 'accuracy', divides: true },
    async open({ batch, accumulate, rows: rowsOf }) {
      const trainer = await Trainer.create(
        {
          build(graph) {
            const { p, y } = logits(graph, batch, true)
            const loss = classify.loss(y, classify.inputs(graph, batch), { smoothing: s.labelSmoothing, classWeights: weighed })
            return { loss, parameters: p.trainable }
          },
        },
        (name) => source.float32(name),
        {
          optimizer: adamW({ weightDecay: s.weightDecay }),
          clipNorm: s.clipNorm,
          accumulate,
          ema: s.ema || undefined,
          session: { provider: run.o.provider },
        },
      )
      const judge = byAccuracy(run, trainer, (graph, b) => logits(graph, b).y)
      return {
        trainer,
        judge: judge?.measure,
        async release() {
          await trainer.release()
          await judge?.release()
        },
        async batch(step, micro) {
          const rows = rowsOf(step, micro)
          return {
            pixels: await pictures.read(rows, step),
            ...paths.feeds(step, rows),
            ...classify.feeds(rows.map((row) => ({ kind: 'class', class: labels[row]! }))),
          }
        },
      }
    },
  })
  const made = (trained: ReadonlyMap<string, Float32Array>) => ({
    weights: new Map([...trained].filter(([name]) => !own.has(name))),
    adapter: new Map([...trained].filter(([name]) => adapter.tensors.has(name))),
    head: { ...head, weight: trained.get(HEAD_WEIGHT)!, bias: trained.get(HEAD_BIAS)! },
  })
  const { weights, other, ...rest } = fitted
  return { ...rest, ...made(weights), ...(other && { other: { ...other, ...made(other.weights) } }) }
}
