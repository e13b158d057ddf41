/** Training a detector on scenes that are made as it goes. */
import { Rng } from '../data/rng.ts'
import { DetectorTrainer } from '../detection/training.ts'
import type { Architecture } from '../models/model.ts'
import { Params, tensorsInMemory } from '../nn/params.ts'
import { adamW } from '../optim/optimizer.ts'
import { warmupCosine } from '../optim/schedule.ts'
import { type StepMetrics, Trainer, type TrainOptions } from '../runtime/train.ts'
import { denseFeeds, denseLoss } from './dense.ts'
import type { BoxRecipe } from './detect-recipe.ts'
import { runResumed } from './resumed.ts'
import type { DrawScene } from './scene.ts'
import { turnedScenes } from './turned.ts'

export interface DetectPretrainOptions {
  readonly model: Architecture
  readonly recipe: BoxRecipe
  readonly start: ReadonlyMap<string, Float32Array>
  /** Identifies the model and the data in saved states. */
  readonly identity: unknown
  /** Queries of length 1 of the words by which anything is asked for; one is drawn each time. */
  readonly anything: readonly Float32Array[]
  readonly scene: DrawScene
  readonly steps: number
  /** Of each session; all cores by default. On a busy machine one is faster than two that wait for each other. */
  readonly threads?: number
  readonly stateDir: string
  readonly onMetrics?: (step: number, steps: number, metrics: StepMetrics) => void
}

type Weights = ReadonlyMap<string, Float32Array>

/** @returns the loss of every step, and the moving average of the trained weights */
export async function pretrainDetector(given: DetectPretrainOptions): Promise<{ losses: number[]; weights: Weights }> {
  const { recipe } = given
  const o = { ...given, scene: turnedScenes(given.scene, given.model.image.size, recipe.scenes) }
  const last = Math.min(recipe.matchedSteps, Math.floor(o.steps / 10))
  const dense = await trainDense(o, o.steps - last)
  if (!last) return dense
  const matched = await trainMatched(o, new Map([...o.start, ...dense.weights]), o.steps - last)
  return { losses: [...dense.losses, ...matched.losses], weights: matched.weights }
}

const optionsOf = ({ threads, recipe }: DetectPretrainOptions): TrainOptions => ({
  optimizer: adamW({ weightDecay: recipe.weightDecay }),
  clipNorm: recipe.clipNorm,
  ema: recipe.ema,
  session: { threads },
})

/** The image tower and the heads are trained; texts stay the CLIP's that it starts from. */
const paramsOf = ({ model }: DetectPretrainOptions, weights: Weights) => {
  const { tensors } = model
  const source = tensorsInMemory('the start', tensors.shapes(), (name) => weights.get(name)!)
  return (graph: ConstructorParameters<typeof Params>[0]) =>
    new Params(graph, source, (name) => tensors.isOf(name, 'image', 'head'), { decays: tensors.decays })
}

/** Every patch answers. */
async function trainDense(o: DetectPretrainOptions, steps: number) {
  const { model, recipe } = o
  const { size, patch } = model.image
  const shape = { images: recipe.batch, size, patch }
  const params = paramsOf(o, o.start)
  const trainer = await Trainer.create(
    {
      build(graph) {
        const p = params(graph)
        const { loss, ...metrics } = denseLoss(graph, model.detector!, p, shape)
        return { loss, metrics, parameters: p.trainable }
      },
    },
    (name) => o.start.get(name)!,
    optionsOf(o),
  )
  try {
    const losses = await runResumed(
      { ...o, file: 'dense.safetensors' },
      {
        trainer,
        steps,
        schedule: warmupCosine({ lr: recipe.lr, warmup: recipe.warmupSteps, total: steps }),
        batch: async (step) => denseFeeds(shape, o.scene, step * recipe.batch, queryOf(o, step)),
      },
    )
    return { losses, weights: await trainer.exportWeights({ ema: true }) }
  } finally {
    await trainer.release()
  }
}

/** One prediction answers for each object. */
async function trainMatched(o: DetectPretrainOptions, start: Weights, from: number) {
  const { model, steps, recipe } = o
  const { size } = model.image
  const detector = model.detector!
  const shape = { images: recipe.batch, height: size, width: size, queries: 1, regions: recipe.regions }
  const training = await DetectorTrainer.create({
    detector,
    shape,
    params: paramsOf(o, start),
    initial: (name) => start.get(name)!,
    options: optionsOf(o),
  })
  const volume = 3 * size * size
  const schedule = warmupCosine({ lr: recipe.matchedLr, warmup: recipe.warmupSteps, total: steps - from })
  try {
    const losses = await runResumed(
      { ...o, file: 'matched.safetensors' },
      {
        trainer: training.trainer,
        from,
        steps,
        schedule: (step) => schedule(step - from),
        async batch(step) {
          const pixels = new Float32Array(recipe.batch * volume)
          const scenes = Array.from({ length: recipe.batch }, (_, i) => o.scene(step * recipe.batch + i, pixels, i * volume))
          const targets = scenes.map(({ objects }) => objects.map(({ box }) => ({ query: 0, box })))
          return training.feeds({ pixels, queries: queryOf(o, step), targets })
        },
        ready: (feeds) => training.assigned(feeds),
      },
    )
    return { losses, weights: await training.trainer.exportWeights({ ema: true }) }
  } finally {
    await training.release()
  }
}

/** One of the words for anything. */
const queryOf = ({ anything, recipe }: DetectPretrainOptions, step: number): Float32Array =>
  anything[Rng.of(recipe.seed, 0xa5, step).int(anything.length)]!
