/** Gradient-descent training of a model with two towers on images and their captions. */
import type { z } from 'zod'
import { Rng } from '../data/rng.ts'
import type { Graph, Value } from '../graph/graph.ts'
import { textTower } from '../models/families.ts'
import type { TensorSpec } from '../models/tensors.ts'
import { Params } from '../nn/params.ts'
import { adamW } from '../optim/optimizer.ts'
import { type Tensor, tensor } from '../runtime/session.ts'
import { shuffled } from '../tasks/examples.ts'
import { parametersIn } from './beside.ts'
import { captionWeights } from './caption-quality.ts'
import { type captionTuning, slicesOf } from './caption-settings.ts'
import { type ContrastStep, contrastTrainer } from './contrast-trainer.ts'
import { fit } from './fit.ts'
import { overlay, type OwnTensor } from './overlay.ts'
import { checkPairs, classTextsOf, drawn as drawnText, type Pair, shareFeed, textFeeds, type Told, toldOf } from './pairs.ts'
import { byRecall } from './recall-judge.ts'
import { featuresPhases, stepsOf } from './phases.ts'
import type { Run, Trained } from './run.ts'
import { type Augmentation, pixelBatches } from './views.ts'

type Tuning = { [K in keyof ReturnType<typeof captionTuning>]: z.output<ReturnType<typeof captionTuning>[K]> }

/** What one recipe makes of pairs. */
export interface CaptionRecipe {
  readonly recipe: string
  /** Which of the model's tensors are trained. */
  trains(spec: TensorSpec): boolean
  /** How much pictures are varied; `locked`: the image tower is not trained and sees each picture once, as it is. */
  readonly pictures: Augmentation | 'locked'
  /** Whether labels are learned from as well as captions. */
  readonly labels?: boolean
  /** Tensors that take the place of the model's, or stand beside them. */
  readonly own?: ReadonlyMap<string, OwnTensor>
  /** How the model reads the text of a pair; as it stands by default. */
  wording?(text: string, isCaption: boolean): string
  /** The loss of n pairs [n, n], with inputs of its own besides `share` [n] (float32), which sums to 1. */
  loss(p: Params, graph: Graph, cosines: { readonly logits: Value; readonly image: Value; readonly text: Value }, share: Value): Value
  /** Values of those inputs. */
  feeds(pairs: readonly Pair[]): Record<string, Tensor>
}

export const captioned = {
  task: 'contrast',
  needs: ['embedImage', 'embedText'],
  curve: { phase: 'training', over: 'steps' },
  resumes: 'from the last saved step',
  steps: (s: Parameters<typeof slicesOf>[0] & { readonly epochs: number }, n: number) => stepsOf({ ...s, accumulate: slicesOf(s) }, n),
} as const

/** Of recipes that learn from labels too. */
export const labelled = { ...captioned, task: 'contrast-labels', measuredAt: 'classify' } as const

/** Both towers and what compares them. */
export const ofTowers = ({ part }: TensorSpec): boolean => part === 'image' || part === 'text' || part === 'joint'

/** Passes over an image in a step: forward and backward of both towers; in slices, one more forward. */
export const captionPhases =
  (passes: number) => (s: { readonly epochs: number; readonly qualityBins: number }, images: (split: string) => number) => [
    ...(s.qualityBins > 1 ? featuresPhases(images) : []),
    { name: 'training', cost: Math.max(1, passes * s.epochs * images('train')), measures: true },
  ]

/** @throws a user error if there is nothing to tell apart (checkPairs) */
export async function tuneCaptions(run: Run, s: Tuning, of: CaptionRecipe): Promise<Trained> {
  const { model } = run
  const { seed, provider } = run.o
  const text = textTower(model, of.recipe)
  const told = toldOf(run, 'train', of)
  checkPairs(told, s)
  const drawn = shuffled(told.length, { batchSize: s.batchSize, accumulate: slicesOf(s), seed })
  const pictures = of.pictures === 'locked' ? await locked(run) : varied(run, of.pictures, drawn)
  const weightOf = await captionWeights(run, told, s)
  const classTexts = classTextsOf(run)
  const own = of.own ?? new Map<string, OwnTensor>()
  const source = overlay(model.weights, own)
  const isTrained = (name: string) => (model.tensors.has(name) ? of.trains(model.tensors.get(name)!) : own.has(name))
  const params = (graph: Graph) => new Params(graph, source, isTrained, { decays: model.tensors.decays, frozen: 'stored' })
  const embedText = (p: Params, graph: Graph, b: number) =>
    text.embed(p, text.tokens(p, graph.input('ids', 'int32', [b, text.context])), graph.input('at', 'int32', [b]))
  const step: ContrastStep = {
    params,
    embed: (p, graph, b) => ({ image: pictures.embed(p, graph, b), text: embedText(p, graph, b) }),
    loss: (p, graph, n, { image, text: words }) =>
      of.loss(p, graph, { image, text: words, logits: text.similarity.logits(p, image, words) }, graph.input('share', 'float32', [n])),
  }
  const { weights, other, ...rest } = await fit(run, {
    ...{ phase: 'training', settings: s, drawn, by: 'recall', divides: true },
    async open({ batch, accumulate, rows }) {
      const pairsOf = (at: number, micro: number): Pair[] => {
        const rng = Rng.of(seed, DRAWN, at, micro)
        return rows(at, micro).map((i) => drawnText(told[i]!, rng, classTexts))
      }
      const feeds = {
        async slice(at: number, micro: number) {
          const pairs = pairsOf(at, micro)
          const texts = pairs.map(({ text: said, caption }) => of.wording?.(said, caption >= 0) ?? said)
          return {
            ...(await pictures.read(
              pairs.map((pair) => pair.of),
              at,
            )),
            ...textFeeds(run, text, texts, text.context),
          }
        },
        pairs(at: number, micros: readonly number[]) {
          const pairs = micros.flatMap((micro) => pairsOf(at, micro))
          return { ...of.feeds(pairs), share: shareFeed(pairs.map(weightOf)) }
        },
      }
      const options = {
        ...{ optimizer: adamW({ weightDecay: s.weightDecay }), clipNorm: s.clipNorm, accumulate, ema: s.ema || undefined },
        ...{ max: text.similarity.bounds, checkpointing: s.checkpointing, session: { provider } },
      }
      const opened = await contrastTrainer(step, feeds, (name) => source.float32(name), { batch, slices: accumulate }, options)
      const judge = byRecall(run, opened.trainer, {
        params,
        locked: of.pictures === 'locked',
        wording: (said) => of.wording?.(said, true) ?? said,
      })
      return {
        ...opened,
        judge: judge?.measure,
        async release() {
          await opened.release()
          await judge?.release()
        },
      }
    },
  })
  const kept = (found: ReadonlyMap<string, Float32Array>) => new Map([...found].filter(([name]) => model.tensors.has(name)))
  const added = [...own.keys()].filter((name) => !model.tensors.has(name)).map((name) => [name, weights.get(name)![0]!] as const)
  return {
    ...rest,
    weights: kept(weights),
    ...(other && { other: { ...other, weights: kept(other.weights) } }),
    notes: { ...rest.notes, parameters: parametersIn(weights), pairs: drawn.batch * drawn.accumulate, ...Object.fromEntries(added) },
  }
}

/** Stands for the drawing of texts in random numbers. */
const DRAWN = 0xca9

interface Pictures {
  /** Embeddings [b, D] of pictures that are inputs of the graph. */
  embed(p: Params, graph: Graph, b: number): Value
  read(told: readonly Told[], step: number): Promise<Record<string, Tensor>>
}

function varied(run: Run, augmentation: Augmentation, drawn: Parameters<typeof pixelBatches>[2]): Pictures {
  const { height, width, read } = pixelBatches(run, augmentation, drawn)
  return {
    embed: (p, graph, b) => run.model.image.embed(p, graph.input('pixels', 'float32', [b, 3, height, width])),
    read: async (told, step) => ({
      pixels: await read(
        told.map(({ row }) => row),
        step,
      ),
    }),
  }
}

/** Features of the locked tower, computed once. */
async function locked(run: Run): Promise<Pictures> {
  const { dim } = run.model
  const features = await run.featuresOf('train')
  return {
    embed: (_p, graph, b) => graph.input('features', 'float32', [b, dim]),
    read: (told) => {
      const rows = new Float32Array(told.length * dim)
      told.forEach(({ row }, slot) => rows.set(features.subarray(row * dim, (row + 1) * dim), slot * dim))
      return Promise.resolve({ features: tensor(rows, 'float32', [told.length, dim]) })
    },
  }
}
