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
import { type ExtraViews, oneView, secondOf } from './extra-views.ts'
import { fit } from './fit.ts'
import { overlay, type OwnTensor } from './overlay.ts'
import { checkPairs, classTextsOf, drawn as drawnText, type Pair, shareFeed, textFeeds, type Told, toldOf } from './pairs.ts'
import { nearestCaptions } from './near-captions.ts'
import { byRecall } from './recall-judge.ts'
import { inTwoParts, keptPatches, type reducing } from './reducing.ts'
import { featuresPhases, stepsOf } from './phases.ts'
import type { Run, Trained } from './run.ts'
import { pixelBatches, type Varying } from './views.ts'

type Tuning = { [K in keyof ReturnType<typeof captionTuning>]: z.output<ReturnType<typeof captionTuning>[K]> }
type Reducing = { readonly [K in keyof typeof reducing]: z.output<(typeof reducing)[K]> }
/** How much of images and texts the first steps see. */
type Less = Pick<Reducing, 'reducedShare' | 'textTokens'> & Partial<Reducing>

/** What one recipe makes of pairs. */
export interface CaptionRecipe {
  readonly recipe: string
  /** Which of the model's tensors are trained. */
  trains(spec: TensorSpec): boolean
  /** How much pictures are varied; `locked`: the image tower is not trained and sees each picture once, as it is. */
  readonly pictures: Varying | 'locked'
  /** Whether labels are learned from as well as captions. */
  readonly labels?: boolean
  /** More views of images and texts; one of each by default. */
  readonly views?: ExtraViews
  /** Tensors that take the place of the model's, or stand beside them. */
  readonly own?: ReadonlyMap<string, OwnTensor>
  /** How the model reads the text of a pair; as it stands by default. */
  wording?(text: string, isCaption: boolean): string
  /** The loss of n pairs [n, n], with inputs of its own besides `share` [n] (float32), which sums to 1. */
  loss(
    p: Params,
    graph: Pick<Graph, 'input'>,
    cosines: { readonly logits: Value; readonly image: Value; readonly text: Value },
    share: Value,
  ): Value
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
export async function tuneCaptions(run: Run, s: Tuning & Less, of: CaptionRecipe): Promise<Trained> {
  const { model } = run
  const { seed, provider } = run.o
  const text = textTower(model, of.recipe)
  const told = toldOf(run, 'train', of)
  checkPairs(told, s)
  const drawn = shuffled(told.length, { batchSize: s.batchSize, accumulate: slicesOf(s), seed })
  const steps = drawn.perEpoch * s.epochs
  const until = Math.round(s.reducedShare * steps)
  const views = of.views ?? oneView
  const further = (less?: Less) => views.pictures.map(({ name, varying }, i) => ({ name, of: varied(run, varying, drawn, less, i + 1) }))
  const whole = {
    length: text.context,
    pictures: of.pictures === 'locked' ? await locked(run) : varied(run, of.pictures, drawn),
    further: further(),
  }
  const reduced: typeof whole = {
    length: Math.min(text.context, s.textTokens),
    pictures: of.pictures === 'locked' ? whole.pictures : varied(run, of.pictures, drawn, s),
    further: further(s),
  }
  const weightOf = await captionWeights(run, told, s)
  const second = views.texts === 'nearest' ? await nearestCaptions(run, told) : secondOf
  const classTexts = classTextsOf(run)
  const own = new Map([...(of.own ?? []), ...views.own])
  const source = overlay(model.weights, own)
  const isTrained = (name: string) => (model.tensors.has(name) ? of.trains(model.tensors.get(name)!) : own.has(name))
  const params = (graph: Graph) => new Params(graph, source, isTrained, { decays: model.tensors.decays, frozen: 'stored' })
  const embedText = (p: Params, graph: Pick<Graph, 'input'>, b: number, length: number) =>
    text.embed(p, text.tokens(p, graph.input('ids', 'int32', [b, length])), graph.input('at', 'int32', [b]))
  const stepOf = ({ pictures, further, length }: typeof whole): ContrastStep => ({
    params,
    embed: (p, graph, b) => ({
      image: pictures.embed(p, graph, b),
      text: embedText(p, graph, b, length),
      ...Object.fromEntries(further.map(({ name, of: more }) => [name, views.read(p, more.embed(p, graph, b))])),
      ...(views.texts && { text2: embedText(p, ofSecond(graph), b, length) }),
    }),
    loss(p, graph, n, embedded) {
      const share = graph.input('share', 'float32', [n])
      const inputs = { text: once(graph), text2: once(ofSecond(graph)) }
      return views.loss(embedded, (images, texts) => {
        const [image, words] = [embedded[images]!, embedded[texts]!]
        return of.loss(p, inputs[texts], { image, text: words, logits: text.similarity.logits(p, image, words) }, share)
      })
    },
  })
  const { weights, other, ...rest } = await fit(run, {
    ...{ phase: 'training', settings: s, drawn, by: 'recall', divides: true },
    async open({ batch, accumulate, rows }) {
      const pairsOf = (at: number, micro: number): Pair[] => {
        const rng = Rng.of(seed, DRAWN, at, micro)
        return rows(at, micro).map((i) => drawnText(told[i]!, rng, classTexts))
      }
      const secondsOf = (pairs: readonly Pair[], at: number, micro: number): Pair[] => {
        const rng = Rng.of(seed, DRAWN, at, micro, 1)
        return pairs.map((pair) => second(pair, rng))
      }
      const worded = (pairs: readonly Pair[]) => pairs.map(({ text: said, caption }) => of.wording?.(said, caption >= 0) ?? said)
      const feeds = {
        async slice(at: number, micro: number) {
          const pairs = pairsOf(at, micro)
          const { pictures, further: others, length } = at < until ? reduced : whole
          const images = pairs.map((pair) => pair.of)
          const seen = await Promise.all([pictures, ...others.map((more) => more.of)].map((view) => view.read(images, at)))
          const textsOf = (said: readonly Pair[]) => textFeeds(run, text, worded(said), length)
          return {
            ...(Object.assign({}, ...seen) as Record<string, Tensor>),
            ...textsOf(pairs),
            ...(views.texts && seconds(textsOf(secondsOf(pairs, at, micro)))),
          }
        },
        pairs(at: number, micros: readonly number[]) {
          const drawnPairs = micros.map((micro) => pairsOf(at, micro))
          const pairs = drawnPairs.flat()
          const others = () => drawnPairs.flatMap((own, i) => secondsOf(own, at, micros[i]!))
          return { ...of.feeds(pairs), ...(views.texts && seconds(of.feeds(others()))), share: shareFeed(pairs.map(weightOf)) }
        },
      }
      const options = {
        ...{ optimizer: adamW({ weightDecay: s.weightDecay }), clipNorm: s.clipNorm, accumulate, ema: s.ema || undefined },
        ...{ max: text.similarity.bounds, checkpointing: s.checkpointing, session: { provider } },
      }
      const opened = await inTwoParts({ until, steps }, (isReduced) =>
        contrastTrainer(stepOf(isReduced ? reduced : whole), feeds, (name) => source.float32(name), { batch, slices: accumulate }, options),
      )
      const judge = byRecall(run, opened, {
        params,
        locked: of.pictures === 'locked',
        wording: (said) => of.wording?.(said, true) ?? said,
      })
      return {
        get trainer() {
          return opened.trainer
        },
        ...{ batch: opened.batch, ready: opened.ready, judge: judge?.measure },
        async release() {
          await opened.release()
          await judge?.release()
        },
      }
    },
  })
  const kept = (found: ReadonlyMap<string, Float32Array>) => new Map([...found].filter(([name]) => model.tensors.has(name)))
  const added = [...(of.own?.keys() ?? [])]
    .filter((name) => !model.tensors.has(name))
    .map((name) => [name, weights.get(name)![0]!] as const)
  return {
    ...rest,
    weights: kept(weights),
    ...(other && { other: { ...other, weights: kept(other.weights) } }),
    notes: { ...rest.notes, parameters: parametersIn(weights), pairs: drawn.batch * drawn.accumulate, ...Object.fromEntries(added) },
  }
}

/** Stands for the drawing of texts in random numbers. */
const DRAWN = 0xca9

/** Inputs of the second text of each image have names of their own. */
const second = (name: string) => `${name}2`
const seconds = (feeds: Record<string, Tensor>) => Object.fromEntries(Object.entries(feeds).map(([name, x]) => [second(name), x]))
const ofSecond = (graph: Pick<Graph, 'input'>): Pick<Graph, 'input'> => ({ input: (name, ...of) => graph.input(second(name), ...of) })

/** Inputs that are asked for more than once. */
function once(graph: Pick<Graph, 'input'>): Pick<Graph, 'input'> {
  const known = new Map<string, Value>()
  return {
    input(name, ...of) {
      if (!known.has(name)) known.set(name, graph.input(name, ...of))
      return known.get(name)!
    },
  }
}

interface Pictures {
  /** Embeddings [b, D] of pictures that are inputs of the graph. */
  embed(p: Params, graph: Graph, b: number): Value
  read(told: readonly Told[], step: number): Promise<Record<string, Tensor>>
}

function varied(
  run: Run,
  varying: Varying,
  drawn: Parameters<typeof pixelBatches>[2],
  { sideShare = 1, patchShare = 1 }: Partial<Reducing> = {},
  view = 0,
): Pictures {
  const { height, width, read } = pixelBatches(run, varying, drawn, 'train', sideShare, view)
  const named = (name: string) => (view ? `${name}:${view}` : name)
  const some = patchShare < 1 ? keptPatches(run.model, { height, width }, patchShare, named('kept')) : undefined
  return {
    embed: (p, graph, b) => (some ?? run.model.image).embed(p, graph.input(named('pixels'), 'float32', [b, 3, height, width])),
    async read(told, step) {
      const rows = told.map(({ row }) => row)
      return { [named('pixels')]: await read(rows, step), ...some?.feeds(run.o.seed, step, rows) }
    },
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
