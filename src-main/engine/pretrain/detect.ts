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
import { fitClassHead } from './detect-head.ts'
import { detectRecipe } from './detect-recipe.ts'
import type { DetectionScene } from './detect-scene.ts'

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
  const first = Math.min(r.boxSteps, steps)
  const identity = JSON.stringify([r, steps, o.identity])
  const part = (name: string, from: number, to: number, { lr, total }: { lr: number; total: number }, times: (step: number) => number) =>
    runLoop(
      {
        trainer: training.trainer,
        from,
        steps: to,
        imagesPerStep: r.batch,
        schedule: (step) => warmupCosine({ lr, warmup: r.warmupSteps, total })(step - from),
        async batch(step) {
          const pixels = new Float32Array(r.batch * volume)
          const scenes = Array.from({ length: r.batch }, (_, i) => o.scene(step * r.batch + i, pixels, i * volume))
          const { concepts, queries } = asked(o.words, scenes, Rng.of(r.seed, 0x0a5c, step), detector.width)
          const targets = scenes.map(({ objects }) => objects.map(({ concept, box }) => ({ query: concepts.indexOf(concept), box })))
          return training.feeds({ pixels, queries, targets })
        },
        ready: (feeds, step) => training.assigned(feeds, times(step)),
      },
      {
        resume: { file: path.join(o.stateDir, name), everySeconds: 60, identity },
        afterStep: async (step, metrics) => o.onMetrics?.(step, steps, metrics),
      },
    )
  try {
    const boxes = await part('state.safetensors', 0, first, { lr: r.lr, total: r.scheduledSteps }, (step) =>
      step < r.severalSteps ? r.several : 1,
    )
    await fitted(training, o)
    const losses = [...boxes, ...(await part('state-2.safetensors', first, steps, { lr: r.secondLr, total: steps - first }, () => 1))]
    return { losses, weights: await training.trainer.exportWeights({ ema: true }) }
  } finally {
    await training.release()
  }
}

/** Goes on with a class head in closed form, fitted to scenes after those of the training, from the moving average. */
async function fitted({ trainer }: DetectorTrainer, o: DetectPretrainOptions): Promise<void> {
  const averaged = await trainer.exportWeights({ ema: true })
  const head = await fitClassHead({
    ...o,
    weights: new Map([...o.start, ...averaged]),
    from: o.steps * detectRecipe.batch,
    scenes: detectRecipe.fitted,
  })
  const state = await trainer.snapshot()
  for (const [name, data] of [...averaged, ...head])
    for (const slot of ['w', 'ema']) if (state.has(`${slot}:${name}`)) state.set(`${slot}:${name}`, data)
  trainer.restore(state, trainer.steps)
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
