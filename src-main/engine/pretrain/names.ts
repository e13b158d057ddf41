/**
 * Fine-tuning of an image tower to know things by crops of scenes: turned, half hidden, on any ground. Texts stay as they are,
 * and so does where things are among them: a crop should look like the drawing by itself does to the tower it starts from.
 */
import { augmentSchema, colour } from '../data/augment.ts'
import { Rng } from '../data/rng.ts'
import type { Graph } from '../graph/graph.ts'
import type { Architecture } from '../models/model.ts'
import { Params, tensorsInMemory } from '../nn/params.ts'
import { add, gather, gemm, l2Normalize, mul, reduceMean, reduceSum, sub } from '../ops/index.ts'
import { adamW } from '../optim/optimizer.ts'
import { warmupCosine } from '../optim/schedule.ts'
import { type Tensor, tensor } from '../runtime/session.ts'
import { type StepMetrics, Trainer } from '../runtime/train.ts'
import { accuracy, crossEntropy } from '../tasks/losses.ts'
import { namesRecipe as recipe } from './names-recipe.ts'
import { runResumed } from './resumed.ts'

/** A crop of a scene. */
export interface Crop {
  /** Which picture it shows. */
  readonly picture: number
  /** [3, side, side], from 0 to 255; the side is the input's and the recipe's margin. */
  readonly rgb: Uint8Array
}

export interface NamesOptions {
  readonly model: Architecture
  readonly identity: unknown
  readonly start: ReadonlyMap<string, Float32Array>
  readonly crops: readonly Crop[]
  /** The word of each picture: its row in `words`. */
  readonly wordOf: readonly number[]
  /** Embeddings of the words [words, dim], of length 1, times the temperature. */
  readonly words: Float32Array
  /** What the tower makes of each picture by itself [pictures, dim], of length 1. */
  readonly pictures: Float32Array
  readonly mean: readonly number[]
  readonly std: readonly number[]
  readonly steps: number
  readonly threads?: number
  readonly stateDir: string
  readonly onMetrics?: (step: number, steps: number, metrics: StepMetrics) => void
}

/** @returns the loss of every step, and the averaged weights of the tower */
export async function pretrainNames(o: NamesOptions): Promise<{ losses: number[]; weights: Map<string, Float32Array> }> {
  const trainer = await createTrainer(o)
  try {
    const losses = await runResumed(
      { ...o, recipe },
      {
        trainer,
        steps: o.steps,
        schedule: warmupCosine({ lr: recipe.lr, warmup: recipe.warmupSteps, total: o.steps }),
        batch: async (step) => feeds(o, step),
      },
    )
    return { losses, weights: await trainer.exportWeights({ ema: true }) }
  } finally {
    await trainer.release()
  }
}

/** Between `from` and `to`, tensor by tensor. */
export const between = (
  from: ReadonlyMap<string, Float32Array>,
  to: ReadonlyMap<string, Float32Array>,
  share: number,
): Map<string, Float32Array> => new Map([...to].map(([name, x]) => [name, x.map((v, i) => share * v + (1 - share) * from.get(name)![i]!)]))

function createTrainer({ model, start, words, pictures, threads }: NamesOptions): Promise<Trainer> {
  const { tensors, image, dim } = model
  const initial = (name: string) => start.get(name)!
  const source = tensorsInMemory('the start', tensors.shapes(), initial)
  return Trainer.create(
    {
      build(graph: Graph) {
        const p = new Params(graph, source, (name) => tensors.isOf(name, 'image'), { decays: tensors.decays })
        const b = recipe.batch
        const x = l2Normalize(image.embed(p, graph.input('pixels', 'float32', [b, 3, image.size, image.size])))
        const word = graph.input('word', 'int32', [b])
        const logits = gemm(x, graph.constant(words, 'float32', [words.length / dim, dim]), undefined, { transB: true })
        const named = crossEntropy(logits, word, { smoothing: recipe.smoothing })
        const alone = gather(graph.constant(pictures, 'float32', [pictures.length / dim, dim]), graph.input('picture', 'int32', [b]))
        const far = sub(1, reduceMean(reduceSum(mul(x, alone), { axes: [1] })))
        return {
          loss: add(named, mul(far, recipe.likeness)),
          metrics: { named, far, right: accuracy(logits, word) },
          parameters: p.trainable,
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

const colours = augmentSchema.parse(recipe.colours)

/** A batch, which depends on the step alone. */
function feeds({ model, crops, wordOf, mean, std }: NamesOptions, step: number): Record<string, Tensor> {
  const { batch: b, margin, seed } = recipe
  const { size } = model.image
  const volume = 3 * size * size
  const pixels = new Float32Array(b * volume)
  const rng = Rng.of(seed, 0x4a, step)
  const chosen = Array.from({ length: b }, (_, slot) => {
    const crop = crops[rng.int(crops.length)]!
    const corner = [rng.int(margin + 1), rng.int(margin + 1)] as const
    show(crop.rgb, size + margin, corner, colour(colours, rng), pixels.subarray(slot * volume, (slot + 1) * volume), size)
    return crop.picture
  })
  for (let plane = 0, at = 0; plane < 3 * b; plane++)
    for (let i = 0; i < size * size; i++, at++) pixels[at] = (pixels[at]! - mean[plane % 3]!) / std[plane % 3]!
  return {
    pixels: tensor(pixels, 'float32', [b, 3, size, size]),
    picture: tensor(Int32Array.from(chosen), 'int32', [b]),
    word: tensor(
      Int32Array.from(chosen, (picture) => wordOf[picture]!),
      'int32',
      [b],
    ),
  }
}

/** A part of a crop in other colours, [3, size, size] from 0 to 1. @param matrix [3, 4] of colours and 1 */
function show(
  rgb: Uint8Array,
  wide: number,
  [left, top]: readonly [number, number],
  matrix: ReturnType<typeof colour>,
  out: Float32Array,
  size: number,
): void {
  const [area, plane] = [size * size, wide * wide]
  for (let y = 0, at = 0; y < size; y++)
    for (let x = 0; x < size; x++, at++) {
      const from = (y + top) * wide + x + left
      const [r, g, b] = [rgb[from]! / 255, rgb[from + plane]! / 255, rgb[from + 2 * plane]! / 255]
      for (let c = 0, m = 0; c < 3; c++, m += 4) {
        const value = matrix[m]! * r + matrix[m + 1]! * g + matrix[m + 2]! * b + matrix[m + 3]!
        out[c * area + at] = Math.min(1, Math.max(0, value))
      }
    }
}
