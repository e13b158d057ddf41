import path from 'node:path'
import { mkdirSync } from 'node:fs'
import type { Concept } from '#shared/model/sample.ts'
import { augment, augmentRng, augmentSchema } from '../../engine/data/augment.ts'
import { preprocessSchema } from '../../engine/data/preprocess.ts'
import { Rng } from '../../engine/data/rng.ts'
import type { Tokenizer } from '../../engine/data/tokenizer.ts'
import type { Graph, Value } from '../../engine/graph/graph.ts'
import { eosIndex, imageEmbedding, logitsPerImage, textEmbedding, clipTensors } from '../../engine/models/clip.ts'
import type { ClipConfig } from '../../engine/models/clip-config.ts'
import { initialClip } from '../../engine/models/clip-init.ts'
import { Params, tensorsInMemory } from '../../engine/nn/params.ts'
import { add, gemm, l2Normalize, mul } from '../../engine/ops/index.ts'
import { adamW } from '../../engine/optim/optimizer.ts'
import { warmupCosine } from '../../engine/optim/schedule.ts'
import { type TrainingPlan, runLoop } from '../../engine/runtime/loop.ts'
import { tensor } from '../../engine/runtime/session.ts'
import { type StepMetrics, Trainer } from '../../engine/runtime/train.ts'
import { accuracy, contrastive, crossEntropy } from '../../engine/tasks/losses.ts'
import { captionsFor } from './captions.ts'
import type { Picture } from './pictures.ts'
import { recipe, views } from './recipe.ts'
import { PROTOTYPES, warmStart } from './start.ts'

const variation = augmentSchema.parse(views)
const normalisation = preprocessSchema.parse({})

export interface PretrainOptions {
  readonly concepts: readonly Concept[]
  readonly pictures: readonly Picture[]
  readonly tokenizer: Tokenizer
  readonly config: ClipConfig
  readonly epochs: number
  readonly stateDir: string
  readonly onMetrics?: (step: number, steps: number, metrics: StepMetrics) => void
}

/**
 * Contrastive pre-training of a CLIP on captioned pictures (Radford et al. 2021, figure 3), other pictures of the same
 * concept left out of the negatives, with a prototype loss beside it (recipe.ts). @returns the loss of every step and the weights' moving average
 */
export async function pretrain(o: PretrainOptions): Promise<{ losses: number[]; weights: Map<string, Float32Array> }> {
  const perEpoch = Math.floor(o.pictures.length / recipe.batch)
  const steps = perEpoch * o.epochs
  const schedule = warmupCosine({ lr: recipe.lr, warmup: recipe.warmupSteps, total: steps })
  const captions = o.concepts.map((c) =>
    captionsFor(c).map((text) => o.tokenizer.encode(text, o.config.text_config.max_position_embeddings)),
  )
  mkdirSync(o.stateDir, { recursive: true })

  const start = await warmStart(o.config, initialClip(o.config, recipe.seed), o.concepts.length, o.pictures)
  const trainer = await createTrainer(o.config, o.concepts.length, start)
  const plan: TrainingPlan = {
    trainer,
    steps,
    imagesPerStep: recipe.batch,
    schedule,
    batch: async (step) => feeds(o, captions, step, perEpoch),
  }
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

function createTrainer(config: ClipConfig, concepts: number, start: ReadonlyMap<string, Float32Array>): Promise<Trainer> {
  return Trainer.create(
    {
      build(graph: Graph) {
        const tensors = clipTensors(config)
        const shapes = tensors.shapes().set(PROTOTYPES, [concepts, config.projection_dim])
        const p = new Params(
          graph,
          tensorsInMemory('Nano', shapes, (name) => start.get(name)!),
          () => true,
          { decays: (name, shape) => name !== PROTOTYPES && tensors.decays(name, shape) },
        )
        const { image_size: size } = config.vision_config
        const b = recipe.batch
        const pixels = graph.input('pixels', 'float32', [b, 3, size, size])
        const image = imageEmbedding(p, config, pixels)
        const ids = graph.input('ids', 'int32', [b, config.text_config.max_position_embeddings])
        const text = textEmbedding(p, config, ids, graph.input('eos', 'int32', [b]))
        const captions = contrastive(logitsPerImage(p, image, text), graph.input('same', 'bool', [b, b]))
        const table = l2Normalize(p.get(PROTOTYPES, [concepts, config.projection_dim]))
        const concept = graph.input('concept', 'int32', [b])
        const byTable = (x: Value) => mul(gemm(l2Normalize(x), table, undefined, { transB: true }), recipe.prototypeScale)
        const [ofImage, ofText] = [byTable(image), byTable(text)]
        const prototypes = add(crossEntropy(ofImage, concept, { smoothing: 0.1 }), crossEntropy(ofText, concept, { smoothing: 0.1 }))
        const loss = add(captions, mul(prototypes, recipe.prototypeWeight))
        return {
          loss,
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
      max: { logit_scale: Math.log(100) },
    },
  )
}

/** The batch of a step, drawn from the seed and the step alone. */
function feeds(o: PretrainOptions, captions: readonly Int32Array[][], step: number, perEpoch: number) {
  const b = recipe.batch
  const epoch = Math.floor(step / perEpoch)
  const order = Rng.of(recipe.seed, 1, epoch).shuffle(Int32Array.from(o.pictures, (_, i) => i))
  const rows = order.subarray((step % perEpoch) * b, (step % perEpoch) * b + b)
  const { image_size: size } = o.config.vision_config
  const length = o.config.text_config.max_position_embeddings
  const pixels = new Float32Array(b * 3 * size * size)
  const ids = new Int32Array(b * length)
  const eos = new Int32Array(b)
  rows.forEach((row, slot) => {
    const { rgba, concept } = o.pictures[row]!
    const source = { width: recipe.renderSize, height: recipe.renderSize, channels: 4 as const, data: rgba }
    const rng = augmentRng(recipe.seed, epoch, row)
    augment(source, { width: size, height: size }, variation, normalisation, rng, pixels, slot * 3 * size * size)
    const caption = pickCaption(captions[concept]!, rng)
    ids.set(caption, slot * length)
    eos[slot] = eosIndex(caption, o.config.text_config.eos_token_id)
  })
  const same = new Uint8Array(b * b)
  for (let i = 0; i < b; i++)
    for (let j = 0; j < b; j++) same[i * b + j] = Number(i !== j && o.pictures[rows[i]!]!.concept === o.pictures[rows[j]!]!.concept)
  return {
    pixels: tensor(pixels, 'float32', [b, 3, size, size]),
    ids: tensor(ids, 'int32', [b, length]),
    eos: tensor(eos, 'int32', [b]),
    concept: tensor(
      Int32Array.from(rows, (row) => o.pictures[row]!.concept),
      'int32',
      [b],
    ),
    same: tensor(same, 'bool', [b, b]),
  }
}

/** The first eight captions name the concept, the others list keywords (captions.ts). */
function pickCaption(captions: readonly Int32Array[], rng: Rng): Int32Array {
  const named = Math.min(8, captions.length)
  const keyword = captions.length - named
  return keyword && !rng.chance(recipe.namedCaptions) ? captions[named + rng.int(keyword)]! : captions[rng.int(named)]!
}
