/** Contrastive pre-training of an image–text model from scratch. */
import { mkdirSync } from 'node:fs'
import path from 'node:path'
import { augment, augmentRng, augmentSchema } from '../data/augment.ts'
import { preprocessSchema } from '../data/preprocess.ts'
import { Rng } from '../data/rng.ts'
import type { Tokenizer } from '../data/tokenizer.ts'
import type { Graph, Value } from '../graph/graph.ts'
import { textTower } from '../models/families.ts'
import type { Architecture } from '../models/model.ts'
import { Params, tensorsInMemory } from '../nn/params.ts'
import { add, gemm, l2Normalize, mul } from '../ops/index.ts'
import { adamW } from '../optim/optimizer.ts'
import { warmupCosine } from '../optim/schedule.ts'
import { type TrainingPlan, runLoop } from '../runtime/loop.ts'
import { tensor } from '../runtime/session.ts'
import { type StepMetrics, Trainer } from '../runtime/train.ts'
import { contrast } from '../tasks/contrast.ts'
import { accuracy, crossEntropy } from '../tasks/losses.ts'
import type { Picture } from './picture.ts'
import { recipe, views } from './recipe.ts'
import { PROTOTYPES, warmStart } from './start.ts'

const variation = augmentSchema.parse(views)
const normalisation = preprocessSchema.parse({})
const WANTED = 'pre-training'

export interface PretrainOptions {
  readonly model: Architecture
  /** Identifies the model in saved states: its configuration. */
  readonly config: unknown
  /** Captions of each concept; those that name it come first. */
  readonly captions: readonly (readonly string[])[]
  readonly pictures: readonly Picture[]
  readonly tokenizer: Tokenizer
  readonly epochs: number
  readonly stateDir: string
  readonly onMetrics?: (step: number, steps: number, metrics: StepMetrics) => void
}

/**
 * Pre-training on captioned images (Radford et al. 2021, figure 3), excluding other images of the same concept from
 * the negatives, plus a prototype loss (recipe.ts). Resumes from a saved state.
 * @returns the loss of every step, and the moving average of the weights
 */
export async function pretrain(o: PretrainOptions): Promise<{ losses: number[]; weights: Map<string, Float32Array> }> {
  const { model } = o
  const text = textTower(model, WANTED)
  if (!model.initial) throw new Error(`${model.family.name} has no initial weights`)
  const drawn = contrast.examples(o.pictures.length, {
    batchSize: recipe.batch,
    seed: recipe.seed,
    order: (epoch) => Rng.of(recipe.seed, 1, epoch).shuffle(Int32Array.from(o.pictures, (_, i) => i)),
  })
  const steps = drawn.perEpoch * o.epochs
  const schedule = warmupCosine({ lr: recipe.lr, warmup: recipe.warmupSteps, total: steps })
  const captions = o.captions.map((texts) => texts.map((caption) => o.tokenizer.encode(caption, text.context)))
  mkdirSync(o.stateDir, { recursive: true })

  const start = await warmStart(model, model.initial(recipe.seed), captions.length, o.pictures)
  const trainer = await createTrainer(model, captions.length, start)
  const batch = async (step: number) => feeds(o, captions, drawn.rows(step), drawn.epochOf(step))
  const plan: TrainingPlan = { trainer, steps, imagesPerStep: recipe.batch, schedule, batch }
  const resume = {
    file: path.join(o.stateDir, 'state.safetensors'),
    everySeconds: 120,
    identity: JSON.stringify([recipe, views, o.epochs, o.config]),
  }
  const losses = await runLoop(plan, { resume, afterStep: async (step, metrics) => o.onMetrics?.(step, steps, metrics) })
  const weights = await trainer.exportWeights({ ema: true })
  await trainer.release()
  weights.delete(PROTOTYPES)
  return { losses, weights }
}

function createTrainer(model: Architecture, concepts: number, start: ReadonlyMap<string, Float32Array>): Promise<Trainer> {
  const { tensors, image, dim } = model
  const text = textTower(model, WANTED)
  const shapes = tensors.shapes().set(PROTOTYPES, [concepts, dim])
  const source = tensorsInMemory('an untrained model', shapes, (name) => start.get(name)!)
  return Trainer.create(
    {
      build(graph: Graph) {
        const decays = (name: string, shape: readonly number[]) => name !== PROTOTYPES && tensors.decays(name, shape)
        const p = new Params(graph, source, () => true, { decays })
        const b = recipe.batch
        const images = image.embed(p, graph.input('pixels', 'float32', [b, 3, image.size, image.size]))
        const ids = graph.input('ids', 'int32', [b, text.context])
        const texts = text.embed(p, text.tokens(p, ids), graph.input('eos', 'int32', [b]))
        const captions = contrast.loss(text.similarity.logits(p, images, texts), contrast.inputs(graph, b))
        const table = l2Normalize(p.get(PROTOTYPES, [concepts, dim]))
        const concept = graph.input('concept', 'int32', [b])
        const byTable = (x: Value) => mul(gemm(l2Normalize(x), table, undefined, { transB: true }), recipe.prototypeScale)
        const [ofImage, ofText] = [byTable(images), byTable(texts)]
        const prototypes = add(crossEntropy(ofImage, concept, { smoothing: 0.1 }), crossEntropy(ofText, concept, { smoothing: 0.1 }))
        return {
          loss: add(captions, mul(prototypes, recipe.prototypeWeight)),
          metrics: { captions, image: accuracy(ofImage, concept), text: accuracy(ofText, concept) },
          parameters: p.trainable.map((t) => (tensors.isOf(t.name, 'image') ? { ...t, rate: recipe.imageRate } : t)),
        }
      },
    },
    (name) => start.get(name)!,
    {
      optimizer: adamW({ beta1: recipe.beta1, beta2: recipe.beta2, eps: recipe.eps, weightDecay: recipe.weightDecay }),
      clipNorm: recipe.clipNorm,
      ema: recipe.ema,
      max: text.similarity.bounds,
    },
  )
}

/** The batch of these images, augmented as determined by seed and epoch. */
function feeds(o: PretrainOptions, captions: readonly Int32Array[][], rows: readonly number[], epoch: number) {
  const b = rows.length
  const { size } = o.model.image
  const text = textTower(o.model, WANTED)
  const pixels = new Float32Array(b * 3 * size * size)
  const ids = new Int32Array(b * text.context)
  const eos = new Int32Array(b)
  rows.forEach((row, slot) => {
    const { rgba, concept } = o.pictures[row]!
    const source = { width: recipe.renderSize, height: recipe.renderSize, channels: 4 as const, data: rgba }
    const rng = augmentRng(recipe.seed, epoch, row)
    augment(source, { width: size, height: size }, variation, normalisation, rng, pixels, slot * 3 * size * size)
    const caption = pickCaption(captions[concept]!, rng)
    ids.set(caption, slot * text.context)
    eos[slot] = text.at(caption)
  })
  const concepts = rows.map((row) => o.pictures[row]!.concept)
  return {
    pixels: tensor(pixels, 'float32', [b, 3, size, size]),
    ids: tensor(ids, 'int32', [b, text.context]),
    eos: tensor(eos, 'int32', [b]),
    concept: tensor(Int32Array.from(concepts), 'int32', [b]),
    ...contrast.feeds(concepts.map((c) => contrast.target({ captions: o.captions[c], group: c })!)),
  }
}

/** The first eight captions name the concept; the others are keyword lists (captions.ts). */
function pickCaption(captions: readonly Int32Array[], rng: Rng): Int32Array {
  const named = Math.min(8, captions.length)
  const keyword = captions.length - named
  return keyword && !rng.chance(recipe.namedCaptions) ? captions[named + rng.int(keyword)]! : captions[rng.int(named)]!
}
