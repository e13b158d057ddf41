/** Prompt tuning: Zhou et al. 2022, Learning to prompt for vision-language models, trainers/coop.py. */
import { z } from 'zod'
import { userError } from '#shared/errors.ts'
import { sentence } from '#shared/sentences/table.ts'
import { Rng } from '../../data/rng.ts'
import { Graph, type Value } from '../../graph/graph.ts'
import { textTower } from '../../models/families.ts'
import { Params, type WeightSource } from '../../nn/params.ts'
import { concat, expand, gemm, l2Normalize, mul, reshape, slice } from '../../ops/index.ts'
import { sgd } from '../../optim/optimizer.ts'
import { Session, tensor } from '../../runtime/session.ts'
import { Trainer } from '../../runtime/train.ts'
import { classify } from '../../tasks/classify.ts'
import { fromMemory } from '../../weights/tensors.ts'
import { fit } from '../fit.ts'
import { byFeatures } from '../judges.ts'
import { overlay } from '../overlay.ts'
import { featuresPhases, stepsOf } from '../phases.ts'
import { defineRecipe } from '../recipe.ts'
import type { Run, Trained } from '../run.ts'
import { accumulated, batchSize, decay, epochs, keeping, rate, seeing, setting, warmup } from '../settings.ts'

const settings = z.strictObject({
  contextLength: setting(z.int().min(1).max(64).default(4), 'Learned tokens before the class name', 'クラス名の前に置く学習トークン数', {
    name: ['Context tokens', '文脈トークン数'],
  }),
  init: setting(
    z.enum(['words', 'random']).default('words'),
    'Start from the words “a picture of a”, or from noise',
    '語句「a picture of a」から始めるか、乱数から始めるか',
    { name: ['Prompt starts from', 'プロンプトの初期値'] },
  ),
  epochs: epochs(50),
  batchSize: batchSize(32),
  accumulate: accumulated,
  lr: rate(0.002),
  warmup: warmup(0.02),
  momentum: setting(z.number().min(0).max(0.999).default(0.9), 'SGD momentum', 'SGD のモーメンタム', {
    name: ['Momentum', 'モーメンタム'],
    advanced: true,
  }),
  weightDecay: decay(5e-4),
  ...keeping,
  ...seeing,
})

export default defineRecipe({
  id: 'coop',
  order: 5,
  title: { en: 'Prompt tuning (CoOp)', ja: 'プロンプト調整（CoOp）' },
  about: {
    en: 'Learns a few words that stand before every class name; both towers stay as they are.',
    ja: 'クラス名の前に置く数トークンだけを学習します。両方のタワーは変わりません。',
  },
  when: {
    en: 'Choose it for 1 to 16 images a class, and for a model that must stay as it is: only its prompt changes.',
    ja: 'クラスあたり 1～16 枚のときや、モデル自体を変えたくないときに。変わるのはプロンプトだけです。',
  },
  citation: 'Zhou et al. 2022, Learning to prompt for vision-language models, arXiv:2109.01134',
  task: 'classify',
  needs: ['embedImage', 'embedText'],
  settings,
  mark: { label: 'Prompt tuning', shape: 'cross', light: '#8a3ba6', dark: '#d39bea' },
  curve: { phase: 'prompt-tuning', over: 'steps' },
  resumes: 'from the last saved step',
  phases: (s, images) => [...featuresPhases(images), { name: 'prompt-tuning', cost: Math.max(1, (s.epochs * images('train')) / 4) }],
  steps: stepsOf,
  run: tunePrompt,
})

const WORDS = 'a picture of a'
const CONTEXT = 'prompt.context'

/**
 * Prompt tuning (CoOp, Zhou et al. 2022; trainers/coop.py): `contextLength` learned token embeddings, shared by all
 * classes, precede the class name ("end" position). Both towers are frozen, and the loss is cross-entropy over the
 * classes' prompts. Image features are computed once, without augmentation, whereas the reference trains on augmented
 * images.
 */
async function tunePrompt(run: Run, s: z.output<typeof settings>): Promise<Trained> {
  const { model } = run
  const text = textTower(model, 'coop')
  const images = run.split('train')
  const dim = model.dim
  const features = await run.featuresOf('train')
  const labels = images.labels
  const drawn = classify.examples(images.n, { ...s, seed: run.o.seed })
  const { width, before } = text
  const prompts = tokenizePrompts(run, s.contextLength)
  const context = s.init === 'words' ? wordContext(run, s.contextLength) : noise(run.o.seed, s.contextLength * width)
  const withContext = (data: Float32Array) => overlay(model.weights, new Map([[CONTEXT, { shape: [s.contextLength, width], data }]]))
  const source = withContext(context)

  /** The similarity's scale times the normalised embedding of each class's prompt: [C, D]. */
  const classifier = (p: Params): Value => {
    const ids = p.graph.constant(prompts.ids, 'int32', [prompts.classes, prompts.length])
    const eos = p.graph.constant(prompts.eos, 'int32', [prompts.classes])
    const words = text.tokens(p, ids) // [C, before + L, d]: start (if the family has one), name, end, padding
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

  const logits = (graph: Graph, b: number) => {
    const p = new Params(graph, source, (name) => name === CONTEXT, { decays: () => true, frozen: 'stored' })
    return { p, y: gemm(graph.input('features', 'float32', [b, dim]), classifier(p), undefined, { transB: true }) }
  }
  const judged = await run.featuresOf('val')
  const { weights, other, ...rest } = await fit(run, {
    ...{ phase: 'prompt-tuning', settings: s, drawn, by: 'accuracy', divides: true },
    async open({ batch, accumulate, rows: rowsOf }) {
      const trainer = await Trainer.create(
        {
          build(graph) {
            const { p, y } = logits(graph, batch)
            return { loss: classify.loss(y, classify.inputs(graph, batch)), parameters: p.trainable }
          },
        },
        () => context,
        { optimizer: sgd({ momentum: s.momentum, weightDecay: s.weightDecay }), accumulate, session: { provider: run.o.provider } },
      )
      const judge = byFeatures(run, trainer, judged, (graph, b) => logits(graph, b).y)
      return {
        trainer,
        judge: judge?.measure,
        async release() {
          await trainer.release()
          await judge?.release()
        },
        async batch(step, micro) {
          const rows = rowsOf(step, micro)
          const x = new Float32Array(batch * dim)
          rows.forEach((row, slot) => x.set(features.subarray(row * dim, (row + 1) * dim), slot * dim))
          return {
            features: tensor(x, 'float32', [batch, dim]),
            ...classify.feeds(rows.map((row) => ({ kind: 'class', class: labels[row]! }))),
          }
        },
      }
    },
  })
  const made = async (trained: ReadonlyMap<string, Float32Array>) => {
    const learned = trained.get(CONTEXT)!
    return {
      weights: new Map<string, Float32Array>(),
      head: {
        classes: run.o.classes.map((c) => c.name),
        dim,
        weight: await evaluateOnce(withContext(learned), classifier),
        bias: new Float32Array(prompts.classes).fill(text.similarity.of(model.weights).bias),
      },
      tensors: { 'prompt.safetensors': fromMemory(new Map([[CONTEXT, { shape: [s.contextLength, width], data: learned }]])) },
    }
  }
  return { ...rest, ...(await made(weights)), ...(other && { other: { ...other, ...(await made(other.weights)) } }) }
}

async function evaluateOnce(source: WeightSource, build: (p: Params) => Value): Promise<Float32Array> {
  const graph = new Graph()
  graph.output('y', build(new Params(graph, source)))
  const session = await Session.create(graph)
  const { y } = await session.run({})
  await session.release()
  return Float32Array.from(y!.data as Float32Array)
}

/** Tokenises each class name as [start, name …, end, padding …], leaving room for the learned context. */
function tokenizePrompts(run: Run, contextLength: number) {
  const { tokenizer } = run.model
  const text = textTower(run.model, 'coop')
  const length = text.context - contextLength
  if (length < 3) throw userError(sentence('recipe.no-room-for-names', { length: contextLength, tokens: text.context }))
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

/** Token embeddings of the first `n` words of "a picture of a"; beyond that the last one is repeated. */
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
