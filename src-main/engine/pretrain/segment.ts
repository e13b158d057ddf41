/** Training of a segmenter in CLIPSeg's layout on scenes of known content. */
import { mkdirSync } from 'node:fs'
import path from 'node:path'
import { Rng } from '../data/rng.ts'
import { Graph, type Value } from '../graph/graph.ts'
import type { Architecture } from '../models/model.ts'
import { Params, tensorsInMemory } from '../nn/params.ts'
import { add, concat, gemm, l2Normalize, mul, reshape, slice } from '../ops/index.ts'
import { adamW } from '../optim/optimizer.ts'
import { warmupCosine } from '../optim/schedule.ts'
import { runLoop } from '../runtime/loop.ts'
import { Session, type Tensor, tensor } from '../runtime/session.ts'
import { type StepMetrics, Trainer } from '../runtime/train.ts'
import { accuracy, crossEntropy } from '../tasks/losses.ts'
import { maskLoss } from '../tasks/segment.ts'
import type { Collage } from './collage.ts'
import { segmentRecipe as recipe } from './segment-recipe.ts'
import type { SegmentWords } from './segment-words.ts'

export interface SegmentOptions {
  readonly model: Architecture
  readonly config: unknown
  /** Initial weights of every tensor. */
  readonly start: ReadonlyMap<string, Float32Array>
  readonly words: SegmentWords
  readonly normalisation: { readonly image_mean: readonly number[]; readonly image_std: readonly number[] }
  /** The scene of that name, the same each time. */
  readonly scene: (name: string) => Collage
  readonly steps: number
  readonly stateDir: string
  readonly onMetrics?: (step: number, steps: number, metrics: StepMetrics) => void
}

/** The embedding of what is no concept; thrown away after training. */
const NOTHING = 'nothing'

/**
 * Trains the image encoder and the decoder; the text tower stays as it is. Resumes from a saved state.
 * @returns the loss of every step, and the moving average of the trained weights
 */
export async function pretrainSegment(o: SegmentOptions): Promise<{ losses: number[]; weights: Map<string, Float32Array> }> {
  mkdirSync(o.stateDir, { recursive: true })
  const trainer = await createTrainer(o)
  const losses = await runLoop(
    {
      trainer,
      steps: o.steps,
      imagesPerStep: recipe.batch,
      schedule: warmupCosine({ lr: recipe.lr, warmup: recipe.warmupSteps, total: o.steps }),
      batch: async (step) => feeds(o, step),
    },
    {
      resume: {
        file: path.join(o.stateDir, 'state.safetensors'),
        everySeconds: 120,
        identity: JSON.stringify([recipe, o.steps, o.config]),
      },
      afterStep: async (step, metrics) => o.onMetrics?.(step, o.steps, metrics),
    },
  )
  const weights = await trainer.exportWeights({ ema: true })
  await trainer.release()
  weights.delete(NOTHING)
  return { losses, weights: await calibrated(o, weights) }
}

/** Batches of scenes of the training's styles, none of which was trained on, by which the masks' level is set. */
const CALIBRATION = { first: 1_000_000, batches: 10 }
const LEVELS = Array.from({ length: 25 }, (_, i) => (i - 20) / 4)
const LEVEL = 'decoder.transposed_convolution.bias'

/**
 * The weights with masks moved up or down so that a probability of 0.5 is where they overlap best with what is meant, the
 * pixels of all words together: a short training says everywhere that little is likely.
 */
export async function calibrated(
  o: Omit<SegmentOptions, 'steps' | 'stateDir'>,
  weights: Map<string, Float32Array>,
): Promise<Map<string, Float32Array>> {
  const { model, start } = o
  const { batch: b, queries: q } = recipe
  const { size } = model.image
  const graph = new Graph()
  const p = new Params(
    graph,
    tensorsInMemory('a trained segmenter', model.tensors.shapes(), (name) => weights.get(name) ?? start.get(name)!),
  )
  const state = model.segmenter!.encode(p, graph.input('pixels', 'float32', [b, 3, size, size]))
  graph.output('y', model.segmenter!.masks(p, state, graph.input('asked', 'float32', [b * q, model.dim])))
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

function createTrainer({ model, start, words }: SegmentOptions): Promise<Trainer> {
  const { tensors, image, dim } = model
  const shapes = tensors.shapes().set(NOTHING, [1, dim])
  const initial = (name: string) => start.get(name) ?? Float32Array.from({ length: dim }, () => dim ** -0.5)
  const source = tensorsInMemory('an untrained segmenter', shapes, initial)
  return Trainer.create(
    {
      build(graph: Graph) {
        const trained = (name: string) => name === NOTHING || tensors.isOf(name, 'image', 'masks')
        const p = new Params(graph, source, trained, { decays: tensors.decays })
        const { batch: b, queries: q } = recipe
        const pixels = graph.input('pixels', 'float32', [b, 3, image.size, image.size])
        const asked = graph.input('asked', 'float32', [b * q, dim])
        const wanted = graph.input('wanted', 'float32', [b * q, image.size, image.size])
        const segmenter = model.segmenter!
        const { state, tokens } = segmenter.encodeTokens!(p, pixels)
        const masks = maskLoss(segmenter.masks(p, state, asked), wanted, { crossEntropy: recipe.crossEntropy })
        const named = naming(p, words, tokens)
        return {
          loss: add(masks.loss, mul(named.loss, recipe.naming)),
          metrics: { dice: masks.overlap, pixelwise: masks.pixelwise, naming: named.loss, image: named.image },
          parameters: p.trainable,
        }
      },
    },
    initial,
    {
      optimizer: adamW({ beta1: recipe.beta1, beta2: recipe.beta2, eps: recipe.eps, weightDecay: recipe.weightDecay }),
      clipNorm: recipe.clipNorm,
      ema: recipe.ema,
    },
  )
}

/** Names the concept of each patch, and that of the whole image, by the words' embeddings. */
function naming(p: Params, words: SegmentWords, tokens: Value): { loss: Value; image: Value } {
  const { graph } = p
  const [b, t, dim] = tokens.shape as [number, number, number]
  const n = words.concepts.length
  const table = concat([graph.constant(words.table, 'float32', [n, dim]), l2Normalize(p.get(NOTHING, [1, dim]))], { axis: 0 })
  const scores = (x: Value) => mul(gemm(l2Normalize(x), table, undefined, { transB: true }), recipe.scale)
  const all = (from: number, to: number) => reshape(slice(tokens, { axis: 1, start: from, end: to }), [b * (to - from), dim])
  const whole = scores(all(0, 1))
  const concept = graph.input('concept', 'int32', [b])
  const ofPatches = crossEntropy(scores(all(1, t)), graph.input('patches', 'int32', [b * (t - 1)]), {
    weight: graph.input('counts', 'float32', [b * (t - 1)]),
  })
  return { loss: add(ofPatches, mul(crossEntropy(whole, concept), 0.2)), image: accuracy(whole, concept) }
}

/** A batch, which depends on the step alone. */
function feeds(o: Pick<SegmentOptions, 'model' | 'words' | 'scene' | 'normalisation'>, step: number): Record<string, Tensor> {
  const { batch: b, queries: q } = recipe
  const { size, patch } = o.model.image
  const side = Math.floor(size / patch)
  const [area, d] = [size * size, o.model.dim]
  const pixels = new Float32Array(b * 3 * area)
  const asked = new Float32Array(b * q * d)
  const wanted = new Float32Array(b * q * area)
  const patches = new Int32Array(b * side * side)
  const counts = new Float32Array(b * side * side)
  const concept = new Int32Array(b)
  for (let i = 0; i < b; i++) {
    const scene = o.scene(`${recipe.seed} ${step * b + i}`)
    const rng = Rng.of(recipe.seed, step, i)
    for (let c = 0; c < 3; c++) {
      const [mean, std] = [o.normalisation.image_mean[c]!, o.normalisation.image_std[c]!]
      for (let k = 0; k < area; k++) pixels[(i * 3 + c) * area + k] = (scene.rgb[3 * k + c]! - mean) / std
    }
    for (let k = 0; k < q; k++) {
      const { words, concepts } = question(o.words, scene, rng)
      asked.set(words[rng.int(words.length)]!, (i * q + k) * d)
      const inside = [false, ...scene.concepts.map((x) => concepts.has(x))]
      const at = (i * q + k) * area
      for (let j = 0; j < area; j++) if (inside[scene.owner[j]!]) wanted[at + j] = 1
    }
    concept[i] = show(scene, { size, patch }, o.words.concepts.length, patches, counts, i * side * side)
  }
  const sum = counts.reduce((x, y) => x + y, 0)
  return {
    pixels: tensor(pixels, 'float32', [b, 3, size, size]),
    asked: tensor(asked, 'float32', [b * q, d]),
    wanted: tensor(wanted, 'float32', [b * q, size, size]),
    patches: tensor(patches, 'int32', [patches.length]),
    counts: tensor(
      counts.map((x) => x / sum),
      'float32',
      [counts.length],
    ),
    concept: tensor(concept, 'int32', [b]),
  }
}

/** A word for which a scene is searched, and the concepts that it means. */
function question({ concepts, classes }: SegmentWords, scene: Collage, rng: Rng) {
  const shown = rng.chance(recipe.present) ? scene.concepts[rng.int(scene.concepts.length)] : undefined
  if (rng.chance(recipe.classes)) {
    const among = shown === undefined ? classes : classes.filter((c) => c.concepts.has(shown))
    if (among.length) return among[rng.int(among.length)]!
  }
  const one = shown ?? rng.int(concepts.length)
  return { words: concepts[one]!, concepts: new Set([one]) }
}

/**
 * Writes what each patch shows and how much that counts: what most of its pixels belong to, and their share.
 * @returns the concept with the most pixels
 */
function show(
  { owner, concepts }: Collage,
  { size, patch }: { size: number; patch: number },
  nothing: number,
  patches: Int32Array,
  counts: Float32Array,
  offset: number,
): number {
  const side = Math.floor(size / patch)
  const areas = new Map<number, number>()
  for (let at = 0; at < side * side; at++) {
    const tally = new Map<number, number>()
    const [left, top] = [(at % side) * patch, Math.floor(at / side) * patch]
    for (let k = 0; k < patch * patch; k++) {
      const object = owner[(top + Math.floor(k / patch)) * size + left + (k % patch)]!
      const what = object ? concepts[object - 1]! : nothing
      tally.set(what, (tally.get(what) ?? 0) + 1)
    }
    const [most, pixels] = [...tally].reduce((x, y) => (y[1] > x[1] ? y : x))
    patches[offset + at] = most
    counts[offset + at] = (pixels / (patch * patch)) * (most === nothing ? recipe.background : 1)
    for (const [what, n] of tally) if (what !== nothing) areas.set(what, (areas.get(what) ?? 0) + n)
  }
  return [...areas].reduce((x, y) => (y[1] > x[1] ? y : x), [nothing, 0])[0]
}
