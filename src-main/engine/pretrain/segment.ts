/** Training of a segmenter in CLIPSeg's layout to tell things from the background, on scenes of known content. */
import { Rng } from '../data/rng.ts'
import { Graph } from '../graph/graph.ts'
import type { Architecture } from '../models/model.ts'
import { Params, tensorsInMemory } from '../nn/params.ts'
import { adamW } from '../optim/optimizer.ts'
import { warmupCosine } from '../optim/schedule.ts'
import { Session, type Tensor, tensor } from '../runtime/session.ts'
import { type StepMetrics, Trainer } from '../runtime/train.ts'
import { maskLoss } from '../tasks/segment.ts'
import { runResumed } from './resumed.ts'
import type { MaskRecipe } from './segment-recipe.ts'
import type { DrawScene } from './scene.ts'
import { turnedScenes } from './turned.ts'

export interface SegmentOptions {
  readonly recipe: MaskRecipe
  readonly model: Architecture
  readonly config: unknown
  /** Initial weights of every tensor. */
  readonly start: ReadonlyMap<string, Float32Array>
  /** Words by which anything is asked for, as the text tower embeds them: [dim] each, not normalised. */
  readonly anything: readonly Float32Array[]
  readonly scene: DrawScene
  readonly steps: number
  readonly threads?: number
  readonly stateDir: string
  readonly onMetrics?: (step: number, steps: number, metrics: StepMetrics) => void
}

/**
 * Trains the decoder, and the image tower if the recipe has a rate for it; texts stay as they are. Resumes from a saved state.
 * @returns the loss of every step, and the moving average of the trained weights
 */
export async function pretrainSegment(given: SegmentOptions): Promise<{ losses: number[]; weights: Map<string, Float32Array> }> {
  const { recipe } = given
  const o = { ...given, scene: turnedScenes(given.scene, given.model.image.size, recipe.scenes) }
  const trainer = await createTrainer(o)
  const losses = await runResumed(
    { ...o, identity: o.config },
    {
      trainer,
      steps: o.steps,
      schedule: warmupCosine({ lr: recipe.lr, warmup: recipe.warmupSteps, total: o.steps }),
      batch: async (step) => feeds(o, step),
    },
  )
  const weights = await trainer.exportWeights({ ema: true })
  await trainer.release()
  return { losses, weights: await calibrated(given, weights) }
}

/** Batches of scenes of the training's styles, none of which was trained on, by which the masks' level is set. */
const CALIBRATION = { first: 1_000_000, batches: 10 }
const LEVELS = Array.from({ length: 25 }, (_, i) => (i - 20) / 4)
const LEVEL = 'decoder.transposed_convolution.bias'

/**
 * The weights with masks moved up or down so that a probability of 0.5 is where they overlap best with what is meant: a
 * short training says everywhere that little is likely.
 */
export async function calibrated(
  o: Omit<SegmentOptions, 'steps' | 'stateDir'>,
  weights: Map<string, Float32Array>,
): Promise<Map<string, Float32Array>> {
  const { model, start } = o
  const { batch: b } = o.recipe
  const { size } = model.image
  const graph = new Graph()
  const p = new Params(
    graph,
    tensorsInMemory('a trained segmenter', model.tensors.shapes(), (name) => weights.get(name) ?? start.get(name)!),
  )
  const state = model.segmenter!.encode(p, graph.input('pixels', 'float32', [b, 3, size, size]))
  graph.output('y', model.segmenter!.masks(p, state, graph.input('asked', 'float32', [b, model.dim])))
  const session = await Session.create(graph)
  const [common, either] = [new Float64Array(LEVELS.length), new Float64Array(LEVELS.length)]
  for (let i = 0; i < CALIBRATION.batches; i++) {
    const { pixels, asked, wanted } = feeds(o, CALIBRATION.first + i)
    const { y } = await session.run({ pixels: pixels!, asked: asked! })
    const [logits, truth] = [y!.data as Float32Array, wanted!.data as Float32Array]
    LEVELS.forEach((level, k) => {
      for (let at = 0; at < logits.length; at++) {
        const [found, there] = [logits[at]! > level, truth[at]! > 0]
        if (found && there) common[k]!++
        if (found || there) either[k]!++
      }
    })
  }
  await session.release()
  const best = LEVELS.reduce((x, _, k) => (common[k]! / either[k]! > common[x]! / either[x]! ? k : x), 0)
  return new Map(weights).set(
    LEVEL,
    weights.get(LEVEL)!.map((x) => x - LEVELS[best]!),
  )
}

function createTrainer({ model, start, threads, recipe }: SegmentOptions): Promise<Trainer> {
  const { tensors, image, dim } = model
  const { towerRate } = recipe
  const initial = (name: string) => start.get(name)!
  const source = tensorsInMemory('an untrained segmenter', tensors.shapes(), initial)
  return Trainer.create(
    {
      build(graph: Graph) {
        const p = new Params(
          graph,
          source,
          (name) => tensors.isOf(name, 'masks') || (towerRate !== undefined && tensors.isOf(name, 'image')),
          { decays: tensors.decays },
        )
        const { batch: b } = recipe
        const pixels = graph.input('pixels', 'float32', [b, 3, image.size, image.size])
        const asked = graph.input('asked', 'float32', [b, dim])
        const wanted = graph.input('wanted', 'float32', [b, image.size, image.size])
        const segmenter = model.segmenter!
        const { loss, overlap, pixelwise } = maskLoss(segmenter.masks(p, segmenter.encode(p, pixels), asked), wanted, {
          crossEntropy: recipe.crossEntropy,
        })
        return {
          loss,
          metrics: { dice: overlap, pixelwise },
          parameters: p.trainable.map((t) => (tensors.isOf(t.name, 'image') ? { ...t, rate: towerRate! } : t)),
        }
      },
    },
    initial,
    {
      optimizer: adamW({ beta1: recipe.beta1, beta2: recipe.beta2, eps: recipe.eps, weightDecay: recipe.weightDecay }),
      clipNorm: recipe.clipNorm,
      ema: recipe.ema,
      session: { threads },
    },
  )
}

/** A batch, which depends on the step alone. */
function feeds(o: Pick<SegmentOptions, 'recipe' | 'model' | 'anything' | 'scene'>, step: number): Record<string, Tensor> {
  const { batch: b, seed } = o.recipe
  const { size } = o.model.image
  const [area, d] = [size * size, o.model.dim]
  const pixels = new Float32Array(b * 3 * area)
  const asked = new Float32Array(b * d)
  const wanted = new Float32Array(b * area)
  for (let i = 0; i < b; i++) {
    const { owner } = o.scene(step * b + i, pixels, i * 3 * area)
    asked.set(o.anything[Rng.of(seed, step, i).int(o.anything.length)]!, i * d)
    owner.forEach((object, at) => (wanted[i * area + at] = object ? 1 : 0))
  }
  return {
    pixels: tensor(pixels, 'float32', [b, 3, size, size]),
    asked: tensor(asked, 'float32', [b, d]),
    wanted: tensor(wanted, 'float32', [b, size, size]),
  }
}
