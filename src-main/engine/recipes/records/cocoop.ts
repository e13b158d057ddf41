/**
 * Conditional prompt tuning (Zhou et al. 2022, Conditional prompt learning for vision-language models, §3.2;
 * KaiyangZhou/CoOp trainers/cocoop.py). As in coop.ts, a prompt does not end in a full stop, and without augmentation
 * (the default) image features are computed once.
 */
import { z } from 'zod'
import { Rng } from '../../data/rng.ts'
import type { Graph } from '../../graph/graph.ts'
import { textTower } from '../../models/families.ts'
import { Params } from '../../nn/params.ts'
import { mul } from '../../ops/index.ts'
import { sgd } from '../../optim/optimizer.ts'
import { evaluated } from '../../runtime/infer.ts'
import { Trainer } from '../../runtime/train.ts'
import { classify } from '../../tasks/classify.ts'
import { unitRows } from '../../tasks/embed.ts'
import { imagePromptLogits, imagePromptTexts, type ImagePromptValues } from '../../tasks/image-prompts.ts'
import { nearestWords, Prompts, startContext } from '../../tasks/prompts.ts'
import { IMAGE_PROMPTS, type ImagePrompts } from '../../weights/head.ts'
import { fit } from '../fit.ts'
import { frozenFeatures } from '../frozen.ts'
import { byLoss } from '../judges.ts'
import { overlay } from '../overlay.ts'
import { featuresPhases, stepsOf } from '../phases.ts'
import { defineRecipe } from '../recipe.ts'
import type { Run, Trained } from '../run.ts'
import { accumulated, augmented, batchSize, contextual, decay, epochs, keeping, momentum, rate, seeing, warmup } from '../settings.ts'

const settings = z.strictObject({
  ...contextual(),
  epochs: epochs(10),
  batchSize: batchSize(1),
  accumulate: accumulated,
  lr: rate(0.002),
  warmup: warmup(0.1),
  momentum,
  weightDecay: decay(5e-4),
  ...augmented('none'),
  ...keeping,
  ...seeing,
})

export default defineRecipe({
  id: 'cocoop',
  order: 31,
  title: { en: 'Conditional prompt tuning (CoCoOp)', ja: '条件付きプロンプト調整（CoCoOp）' },
  about: {
    en: 'Learns a few words before every class name, and a small network that fits them to each image; both towers stay as they are.',
    ja: 'クラス名の前の数トークンと、それを画像ごとに合わせる小さなネットワークを学習します。両方のタワーは変わりません。',
  },
  when: {
    en: 'Choose it for few classes, few images, and classes to come; each image is answered by the text tower, which takes its time.',
    ja: 'クラスも画像も少なく、後からクラスが増えるときに。画像ごとにテキストタワーを使うため、時間がかかります。',
  },
  citation: 'Zhou et al. 2022, Conditional prompt learning for vision-language models, arXiv:2203.05557',
  task: 'classify',
  needs: ['embedImage', 'embedText'],
  settings,
  mark: { label: 'CoCoOp', shape: 'drop', light: '#56309c', dark: '#bda5f5' },
  curve: { phase: 'prompt-tuning', over: 'steps' },
  leavesTowers: true,
  resumes: 'from the last saved step',
  phases: (s, images) => [
    ...featuresPhases(images),
    { name: 'prompt-tuning', cost: Math.max(1, 10 * s.epochs * images('train')), measures: true },
  ],
  steps: stepsOf,
  run: tunePrompts,
})

/** Uniform ± 1/√in, as torch.nn.Linear begins; the hidden layer has a sixteenth of the feature's width. */
function metaNet(dim: number, width: number, seed: number): Omit<ImagePrompts, 'prompt.context'> {
  const hidden = Math.max(1, Math.floor(dim / 16))
  const drawn = (shape: readonly number[], into: number, stream: number) => {
    const rng = Rng.of(seed, 0xcc0, stream)
    const n = shape.reduce((a, b) => a * b, 1)
    return { shape, data: Float32Array.from({ length: n }, () => rng.uniform(-(into ** -0.5), into ** -0.5)) }
  }
  return {
    'meta_net.linear1.weight': drawn([hidden, dim], dim, 0),
    'meta_net.linear1.bias': drawn([hidden], dim, 1),
    'meta_net.linear2.weight': drawn([width, hidden], hidden, 2),
    'meta_net.linear2.bias': drawn([width], hidden, 3),
  }
}

async function tunePrompts(run: Run, s: z.output<typeof settings>): Promise<Trained> {
  const { model } = run
  const { dim } = model
  const { similarity, width } = textTower(model, 'cocoop')
  const classes = run.o.classes.map((c) => c.name)
  const images = run.split('train')
  const drawn = classify.examples(images.n, { ...s, seed: run.o.seed })
  const prompts = Prompts.of(model, classes, { contextLength: s.contextLength, position: 'end' }, 'cocoop')
  const start: ImagePrompts = {
    'prompt.context': startContext(model, { init: s.init, contextLength: s.contextLength, seed: run.o.seed, recipe: 'cocoop' }),
    ...metaNet(dim, width, run.o.seed),
  }
  const own = new Map(IMAGE_PROMPTS.map((name) => [name as string, start[name]]))
  const source = overlay(model.weights, own)
  const learned = (p: Params) =>
    Object.fromEntries(IMAGE_PROMPTS.map((name) => [name, p.get(name, start[name].shape)])) as ImagePromptValues
  const features = await frozenFeatures(run, s, drawn)
  const { weights, other, ...rest } = await fit(run, {
    ...{ phase: 'prompt-tuning', settings: s, drawn, by: 'loss', divides: true },
    async open({ batch, accumulate, rows: rowsOf }) {
      const build = (graph: Graph) => {
        const p = new Params(graph, source, (name) => own.has(name), { decays: () => true, frozen: 'stored' })
        const y = imagePromptLogits(p, model, prompts, learned(p), features.in(p, batch))
        return { loss: classify.loss(y, classify.inputs(graph, batch)), parameters: p.trainable }
      }
      const trainer = await Trainer.create({ build }, (name) => source.float32(name), {
        optimizer: sgd({ momentum: s.momentum, weightDecay: s.weightDecay }),
        ...{ accumulate, checkpointing: s.checkpointing, session: { provider: run.o.provider } },
      })
      const feeds = (labels: Int32Array, rows: readonly number[]) =>
        classify.feeds(rows.map((row) => ({ kind: 'class', class: labels[row]! })))
      const { labels } = run.split('val')
      const judge = byLoss(run, trainer, batch, async (rows) => ({ ...(await features.held(rows)), ...feeds(labels, rows) }))
      return {
        ...{ trainer, judge, release: () => trainer.release() },
        async batch(step, micro) {
          const rows = rowsOf(step, micro)
          return { ...(await features.feeds(rows, step)), ...feeds(images.labels, rows) }
        },
      }
    },
  })

  const mean = await meanFeature(run)
  const made = async (found: ReadonlyMap<string, Float32Array>) => {
    const tuned = Object.fromEntries(
      IMAGE_PROMPTS.map((name) => [name, { ...start[name], data: found.get(name)! }]),
    ) as unknown as ImagePrompts
    const weight = await evaluated((graph) => {
      const p = new Params(graph, overlay(model.weights, new Map(Object.entries(tuned))))
      const texts = imagePromptTexts(p, model, prompts, learned(p), graph.constant(mean, 'float32', [1, dim]))
      return mul(texts, similarity.scale(p))
    })
    const bias = new Float32Array(classes.length).fill(similarity.of(model.weights).bias)
    const near = await nearestWords(model, tuned['prompt.context'].data, 'cocoop')
    return {
      weights: new Map<string, Float32Array>(),
      head: { classes, dim, weight, bias, prompts: tuned },
      files: { 'prompt.json': `${JSON.stringify({ position: 'end', width, nearest: [{ context: near }] }, null, 2)}\n` },
      prompt: near.map(({ word }) => word).join(' '),
    }
  }
  const { prompt, ...last } = await made(weights)
  const parameters = [...own.values()].reduce((n, { data }) => n + data.length, 0)
  return {
    ...rest,
    ...last,
    notes: { ...rest.notes, parameters, prompt },
    ...(other && { other: { ...other, ...(await made(other.weights)) } }),
  }
}

/** The normalised mean of the training images' features. */
async function meanFeature(run: Run): Promise<Float32Array> {
  const features = await run.featuresOf('train')
  const { dim } = run.model
  const mean = new Float32Array(dim)
  features.forEach((x, i) => (mean[i % dim]! += x))
  return unitRows(mean, dim)
}
