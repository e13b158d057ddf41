/** Gradient-descent training of a classifier head and of the model tensors that a recipe selects. */
import type { z } from 'zod'
import { userError } from '#shared/errors.ts'
import { phaseKey } from '#shared/model/progress.ts'
import { sentence } from '#shared/sentences/table.ts'
import { weightOf } from '../models/modules.ts'
import type { Model } from '../models/model.ts'
import type { TensorSpec } from '../models/tensors.ts'
import { adamW, type Optimizer } from '../optim/optimizer.ts'
import { Trainer } from '../runtime/train.ts'
import { balancedOrder, classWeights } from '../tasks/balance.ts'
import { classify } from '../tasks/classify.ts'
import type { Head } from '../weights/head.ts'
import { ReadClasses } from './class-texts.ts'
import { DropPath } from './drop-path.ts'
import { Dropout } from './dropout.ts'
import { fit } from './fit.ts'
import { startHead } from './heads.ts'
import { byAccuracy, judged } from './judges.ts'
import { mixerOf } from './mix.ts'
import { overlay } from './overlay.ts'
import { type PhaseCost, stepsOf } from './phases.ts'
import type { Anchoring } from './regularising.ts'
import type { Run, Trained } from './run.ts'
import type { tuning } from './settings.ts'
import { teacherOf, teachesKnown } from './teacher.ts'
import { type Adapter, anchored, logitsOf, NO_ADAPTER, paramsOf, type TuningStep, tuningTask } from './tuning-step.ts'
import { pixelBatches } from './views.ts'

/** Cost of a training step in forward passes: a backward pass takes about two. */
const PASSES = 3

type Costs = { readonly epochs: number } & Parameters<typeof teachesKnown>[0]

/** A teacher that is asked in every step makes a forward pass of its own. */
export const tuningPhases = (s: Costs, images: (split: string) => number): PhaseCost[] => [
  {
    name: 'training',
    cost: (PASSES + Number((s.distill ?? 'none') !== 'none' && !teachesKnown(s))) * s.epochs * images('train'),
    measures: true,
  },
]

/** What records have in common whose training is all `tune`, of tensors of the image tower. */
export const tuned = {
  task: 'classify',
  needs: ['embedImage'],
  curve: { phase: 'training', over: 'steps' },
  resumes: 'from the last saved step',
  phases: (s: Costs, images: (split: string) => number) => [
    ...(teachesKnown(s) ? [{ name: phaseKey({ phase: 'features', part: 'train' }), cost: images('train'), measures: true }] : []),
    ...tuningPhases(s, images),
  ],
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

export type Tuning = { [K in keyof ReturnType<typeof tuning>]: z.output<ReturnType<typeof tuning>[K]> } & Partial<Anchoring>

export interface Tuned {
  /** The classifier that is trained, or the classes as a text tower that is trained reads them. */
  readonly head: Head | ReadClasses
  /** The run's by default. */
  readonly model?: Model
  /** Whether one of the model's own tensors is trained. */
  trains(name: string, spec: TensorSpec): boolean
  readonly adapter?: Adapter
  /** The rate of stochastic depth in the last layer; 0 by default. */
  readonly dropPath?: number
  /** The rate of dropout on what enters the adapter; 0 by default. */
  readonly dropout?: number
  /** AdamW by default. */
  readonly optimizer?: Optimizer
}

const [HEAD_WEIGHT, HEAD_BIAS] = ['head.weight', 'head.bias']

interface Adapted extends Trained {
  readonly adapter: ReadonlyMap<string, Float32Array>
  readonly other?: NonNullable<Trained['other']> & { readonly adapter: ReadonlyMap<string, Float32Array> }
}

/** @returns the trained tensors of the model and of the adapter by name, and the head, if one was trained */
export async function tune(
  run: Run,
  s: Tuning,
  { head: given, trains, model = run.model, adapter = NO_ADAPTER, dropPath = 0, dropout: rate = 0, optimizer }: Tuned,
): Promise<Adapted> {
  const [texts, head] = given instanceof ReadClasses ? [given] : [undefined, given]
  const classes = run.o.classes.length
  const images = run.split('train')
  const drawn = classify.examples(images.n, {
    ...s,
    seed: run.o.seed,
    ...(s.sampling === 'balanced' && { order: balancedOrder(images.labels, classes, run.o.seed) }),
  })
  const pictures = pixelBatches(run, s, drawn)
  const labels = images.labels
  const weighed = classWeights(labels, classes, s.classWeights, s.beta)
  const own = new Map([
    ...adapter.tensors,
    ...(head
      ? ([
          [HEAD_WEIGHT, { shape: [classes, head.dim], data: head.weight }],
          [HEAD_BIAS, { shape: [classes], data: head.bias }],
        ] as const)
      : []),
  ])
  const source = overlay(model.weights, own)
  const isTrained = (name: string) => own.has(name) || (model.tensors.has(name) && trains(name, model.tensors.get(name)!))

  if (s.unfreezeEvery && s.unfreezeEvery >= s.epochs)
    throw userError(sentence('training.never-unfrozen', { every: s.unfreezeEvery, epochs: s.epochs }))
  const mixer = mixerOf(s, { seed: run.o.seed, labels, drawn, pictures })
  const teacher = await teacherOf(run, s, drawn)
  const paths = new DropPath(dropPath, run.o.seed)
  const dropout = new Dropout(rate, run.o.seed)
  const ofTexts = Array.from({ length: classes }, (_, c) => c)
  const step: TuningStep = {
    ...{ model, source, isTrained, adapter, classes, size: pictures, settings: s, texts },
    ...{ classWeights: weighed, mixer, teacher, paths, dropout, perEpoch: drawn.perEpoch },
  }
  const fitted = await fit(run, {
    ...{ phase: 'training', settings: s, drawn, by: 'accuracy', divides: true },
    async open({ batch, accumulate, rows: rowsOf }) {
      const trainer = await Trainer.create(tuningTask(step, batch), (name) => source.float32(name), {
        optimizer: optimizer ?? adamW({ weightDecay: anchored(s) ? 0 : s.weightDecay }),
        clipNorm: s.clipNorm,
        accumulate,
        ema: s.ema || undefined,
        checkpointing: s.checkpointing,
        session: { provider: run.o.provider },
      })
      const classesNow = texts?.judge(trainer, (graph) => paramsOf(step, graph))
      const judge = byAccuracy(run, trainer, (graph, b) => logitsOf(step, graph, b).y, classesNow)
      return {
        ...judged(trainer, judge),
        async batch(at, micro) {
          const rows = rowsOf(at, micro)
          return {
            ...(mixer ? await mixer.feeds(at, micro, batch) : { pixels: await pictures.read(rows, at) }),
            ...paths.feeds(at, rows),
            ...dropout.feeds(at, (module) => (model.tensors.isOf(weightOf(module), 'text') ? ofTexts : rows)),
            ...texts?.feeds(at),
            ...(teacher && (await teacher.feeds(rows, at))),
            ...classify.feeds(rows.map((row) => ({ kind: 'class', class: labels[row]! }))),
          }
        },
      }
    },
  })
  const made = (trained: ReadonlyMap<string, Float32Array>) => ({
    weights: new Map([...trained].filter(([name]) => !own.has(name))),
    adapter: new Map([...trained].filter(([name]) => adapter.tensors.has(name))),
    ...(head && { head: { ...head, weight: trained.get(HEAD_WEIGHT)!, bias: trained.get(HEAD_BIAS)! } }),
  })
  const { weights, other, ...rest } = fitted
  return { ...rest, ...made(weights), ...(other && { other: { ...other, ...made(other.weights) } }) }
}
