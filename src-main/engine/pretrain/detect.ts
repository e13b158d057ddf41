/** Training a detector on scenes that are made as it goes. */
import path from 'node:path'
import { Rng } from '../data/rng.ts'
import { DetectorTrainer } from '../detection/training.ts'
import type { Architecture } from '../models/model.ts'
import { Params, tensorsInMemory } from '../nn/params.ts'
import { adamW } from '../optim/optimizer.ts'
import { warmupCosine } from '../optim/schedule.ts'
import { runLoop } from '../runtime/loop.ts'
import type { StepMetrics } from '../runtime/train.ts'
import type { CentreBox } from '../tasks/matching.ts'
import { detectRecipe } from './detect-recipe.ts'

/** A scene, with boxes relative to it. */
export interface DetectionScene {
  readonly objects: readonly { readonly concept: number; readonly box: CentreBox }[]
}

export interface DetectPretrainOptions {
  readonly model: Architecture
  readonly start: ReadonlyMap<string, Float32Array>
  /** Identifies the model and the data in saved states. */
  readonly identity: unknown
  /** For each concept, the queries of several ways to say it; one is drawn each time. */
  readonly words: readonly (readonly Float32Array[])[]
  /** Makes scene `number`; writes its normalised pixels [3, side, side] into `out` at `offset`. */
  scene(number: number, out: Float32Array, offset: number): DetectionScene
  readonly steps: number
  /** Of each session; all cores by default. On a busy machine one is faster than two that wait for each other. */
  readonly threads?: number
  readonly stateDir: string
  readonly onMetrics?: (step: number, steps: number, metrics: StepMetrics) => void
}

/** What is taken over from the CLIP that it starts from, and stays. */
const isTaken = (name: string) => /patch_embedding|pre_layernorm|layers\.0\./.test(name)

/** @returns the loss of every step, and the moving average of the trained weights */
export async function pretrainDetector(o: DetectPretrainOptions): Promise<{ losses: number[]; weights: Map<string, Float32Array> }> {
  const { model, steps } = o
  const r = detectRecipe
  const { size } = model.image
  const source = tensorsInMemory('the start', model.tensors.shapes(), (name) => o.start.get(name)!)
  const detector = model.detector!
  const shape = { images: r.batch, height: size, width: size, queries: r.queries, regions: r.regions }
  const training = await DetectorTrainer.create({
    detector,
    shape,
    params: (graph) => new Params(graph, source, (name) => !isTaken(name), { decays: model.tensors.decays }),
    initial: (name) => o.start.get(name)!,
    options: { optimizer: adamW({ weightDecay: r.weightDecay }), clipNorm: r.clipNorm, ema: r.ema, session: { threads: o.threads } },
  })
  const volume = 3 * size * size
  try {
    const losses = await runLoop(
      {
        trainer: training.trainer,
        steps,
        imagesPerStep: r.batch,
        schedule: warmupCosine({ lr: r.lr, warmup: r.warmupSteps, total: steps }),
        async batch(step) {
          const pixels = new Float32Array(r.batch * volume)
          const scenes = Array.from({ length: r.batch }, (_, i) => o.scene(step * r.batch + i, pixels, i * volume))
          const { concepts, queries } = asked(o.words, scenes, Rng.of(r.seed, 0x0a5c, step), detector.width)
          const targets = scenes.map(({ objects }) => objects.map(({ concept, box }) => ({ query: concepts.indexOf(concept), box })))
          return training.feeds({ pixels, queries, targets })
        },
        ready: (feeds, step) => training.assigned(feeds, step < r.severalShare * steps ? r.several : 1),
      },
      {
        resume: { file: path.join(o.stateDir, 'state.safetensors'), everySeconds: 120, identity: JSON.stringify([r, steps, o.identity]) },
        afterStep: async (step, metrics) => o.onMetrics?.(step, steps, metrics),
      },
    )
    return { losses, weights: await training.trainer.exportWeights({ ema: true }) }
  } finally {
    await training.release()
  }
}

/** The concepts that a batch is asked for, those of its scenes first, with a query each. */
function asked(words: DetectPretrainOptions['words'], scenes: readonly DetectionScene[], rng: Rng, width: number) {
  const there = [...new Set(scenes.flatMap(({ objects }) => objects.map((x) => x.concept)))].slice(0, detectRecipe.queries)
  const others = rng.shuffle(words.flatMap((own, c) => (own.length && !there.includes(c) ? [c] : [])))
  const concepts = [...there, ...others].slice(0, detectRecipe.queries)
  const queries = new Float32Array(detectRecipe.queries * width)
  concepts.forEach((c, i) => queries.set(words[c]![rng.int(words[c]!.length)]!, i * width))
  return { concepts, queries }
}
