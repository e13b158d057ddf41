import type { RecipeSettings } from '#shared/model/recipe.ts'
import { userError } from '#shared/errors.ts'
import { epochOrder } from '../data/batches.ts'
import { Rng } from '../data/rng.ts'
import { Graph, type Value } from '../graph/graph.ts'
import { textTower } from '../models/families.ts'
import { Params, type WeightSource } from '../nn/params.ts'
import { concat, expand, gemm, l2Normalize, mul, reshape, slice } from '../ops/index.ts'
import { sgd } from '../optim/optimizer.ts'
import { warmupCosine } from '../optim/schedule.ts'
import { runLoop } from '../runtime/loop.ts'
import { Session, tensor } from '../runtime/session.ts'
import { Trainer } from '../runtime/train.ts'
import { crossEntropy } from '../tasks/losses.ts'
import { fromMemory } from '../weights/tensors.ts'
import type { Recipe, Run } from './context.ts'

const WORDS = 'a picture of a'
const CONTEXT = 'prompt.context'

/**
 * Prompt tuning (CoOp, Zhou et al. 2022; trainers/coop.py): `contextLength` learned token embeddings, shared by all classes,
 * stand before the class name ("end" position); both towers are frozen, and the loss is cross-entropy over the classes'
 * prompts. Image features are computed once, without augmentation, where the reference sees augmented images.
 */
export const coop: Recipe<RecipeSettings<'coop'>> = async (run, s) => {
  const { model } = run
  const text = textTower(model, 'coop')
  const images = run.split('train')
  const dim = model.dim
  const features = await run.featuresOf('train')
  const labels = images.labels
  const batch = Math.min(s.batchSize, images.n)
  const perEpoch = Math.max(1, Math.floor(images.n / batch))
  const steps = perEpoch * s.epochs
  const { width, before } = text
  const prompts = tokenizePrompts(run, s.contextLength)
  const context = s.init === 'words' ? wordContext(run, s.contextLength) : noise(run.o.seed, s.contextLength * width)
  const source = withContext(model.weights, context, [s.contextLength, width])

  /** The similarity's scale · the normalised embedding of each class's prompt [C, D]. */
  const classifier = (p: Params): Value => {
    const ids = p.graph.constant(prompts.ids, 'int32', [prompts.classes, prompts.length])
    const eos = p.graph.constant(prompts.eos, 'int32', [prompts.classes])
    const words = text.tokens(p, ids) // [C, before + L, d]: start where there is one, then name, end, padding
    const learned = expand(reshape(p.get(CONTEXT, [s.contextLength, width]), [1, s.contextLength, width]), [
      prompts.classes,
      s.contextLength,
      width,
    ])
    const tokens = concat(
      [...(before ? [slice(words, { axis: 1, start: 0, end: before })] : []), learned, slice(words, { axis: 1, start: before })],
      { axis: 1 },
    )
    return mul(l2Normalize(text.embed(p, tokens, eos)), text.similarity.scale(p))
  }

  const trainer = await Trainer.create(
    {
      build(graph) {
        const p = new Params(graph, source, (name) => name === CONTEXT, { decays: () => false })
        const logits = gemm(graph.input('features', 'float32', [batch, dim]), classifier(p), undefined, { transB: true })
        return { loss: crossEntropy(logits, graph.input('labels', 'int32', [batch])), parameters: p.trainable }
      },
    },
    () => context,
    { optimizer: sgd({ momentum: s.momentum, weightDecay: s.weightDecay }), session: { provider: run.o.provider } },
  )
  try {
    const losses = await runLoop(
      {
        trainer,
        steps,
        imagesPerStep: batch,
        schedule: warmupCosine({ lr: s.lr, warmup: Math.round(steps * s.warmup), total: steps }),
        async batch(step) {
          const rows = epochOrder(images.n, Math.floor(step / perEpoch), run.o.seed).subarray(
            (step % perEpoch) * batch,
            (step % perEpoch) * batch + batch,
          )
          const x = new Float32Array(batch * dim)
          rows.forEach((row, slot) => x.set(features.subarray(row * dim, (row + 1) * dim), slot * dim))
          return {
            features: tensor(x, 'float32', [batch, dim]),
            labels: tensor(
              Int32Array.from(rows, (row) => labels[row]!),
              'int32',
              [batch],
            ),
          }
        },
      },
      {
        onProgress: ({ step, steps: total, ...rest }) => run.o.onProgress({ phase: 'prompt tuning', done: step, total, ...rest }),
        isCancelled: run.o.isCancelled,
        resume: run.o.resume,
      },
    )
    const learned = (await trainer.exportWeights()).get(CONTEXT)!
    const weight = await evaluateOnce(withContext(model.weights, learned, [s.contextLength, width]), classifier)
    return {
      weights: new Map(),
      head: {
        classes: run.o.classes.map((c) => c.name),
        dim,
        weight,
        bias: new Float32Array(prompts.classes).fill(text.similarity.of(model.weights).bias),
      },
      tensors: { 'prompt.safetensors': fromMemory(new Map([[CONTEXT, { shape: [s.contextLength, width], data: learned }]])) },
      losses,
      notes: { steps },
    }
  } finally {
    await trainer.release()
  }
}

async function evaluateOnce(source: WeightSource, build: (p: Params) => Value): Promise<Float32Array> {
  const graph = new Graph()
  graph.output('y', build(new Params(graph, source)))
  const session = await Session.create(graph)
  const { y } = await session.run({})
  await session.release()
  return Float32Array.from(y!.data as Float32Array)
}

/** Each class name as [start, name …, end, padding …], leaving room for the context in the model's length. */
function tokenizePrompts(run: Run, contextLength: number) {
  const { tokenizer } = run.model
  const text = textTower(run.model, 'coop')
  const length = text.context - contextLength
  if (length < 3) throw userError(`contextLength: ${contextLength} leaves no room for a class name in the model's ${text.context} tokens`)
  const classes = run.o.classes.length
  const ids = new Int32Array(classes * length)
  const eos = new Int32Array(classes)
  run.o.classes.forEach(({ name }, c) => {
    const encoded = tokenizer.encode(name, length)
    ids.set(encoded, c * length)
    eos[c] = contextLength + text.at(encoded)
  })
  return { ids, eos, classes, length }
}

/** The token embeddings of the first words of "a picture of a"; what is missing repeats the last. */
function wordContext(run: Run, n: number): Float32Array {
  const { tokenizer, weights } = run.model
  const { table: name, width: d, context, before } = textTower(run.model, 'coop')
  const table = weights.float32(name)
  const encoded = [...tokenizer.encode(WORDS, context)]
  const words = encoded.slice(before, encoded.indexOf(tokenizer.endId))
  const out = new Float32Array(n * d)
  for (let i = 0; i < n; i++) {
    const id = words[Math.min(i, words.length - 1)]!
    out.set(table.subarray(id * d, (id + 1) * d), i * d)
  }
  return out
}

function noise(seed: number, n: number): Float32Array {
  const rng = Rng.of(seed, 0xc0)
  return Float32Array.from({ length: n }, () => rng.normal() * 0.02)
}

const withContext = (weights: WeightSource, data: Float32Array, shape: readonly number[]): WeightSource => ({
  source: weights.source,
  has: (name) => name === CONTEXT || weights.has(name),
  info: (name) => (name === CONTEXT ? { dtype: 'F32', shape } : weights.info(name)),
  float32: (name) => (name === CONTEXT ? data : weights.float32(name)),
})
