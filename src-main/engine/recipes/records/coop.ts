/** Prompt tuning: Zhou et al. 2022, Learning to prompt for vision-language models, trainers/coop.py. */
import { z } from 'zod'
import type { Value } from '../../graph/graph.ts'
import { textTower } from '../../models/families.ts'
import { Params } from '../../nn/params.ts'
import { gemm, l2Normalize, mul } from '../../ops/index.ts'
import { sgd } from '../../optim/optimizer.ts'
import { evaluated } from '../../runtime/infer.ts'
import { fromMemory } from '../../weights/tensors.ts'
import { fitFrozen } from '../frozen-fit.ts'
import { overlay } from '../overlay.ts'
import { featuresPhases, stepsOf } from '../phases.ts'
import { nearestWords, positions, Prompts, startContext } from '../../tasks/prompts.ts'
import { defineRecipe } from '../recipe.ts'
import type { Run, Trained } from '../run.ts'
import {
  accumulated,
  augmented,
  batchSize,
  contextual,
  decay,
  epochs,
  keeping,
  momentum,
  rate,
  seeing,
  setting,
  warmup,
} from '../settings.ts'

const settings = z.strictObject({
  ...contextual(),
  position: setting(
    z.enum(positions).default('end'),
    'Where the class name stands in the prompt: after the learned tokens, in their middle, or before them',
    'プロンプト内でのクラス名の位置：学習トークンの後、中央、または前',
    { name: ['Class name at', 'クラス名の位置'] },
  ),
  classSpecific: setting(
    z.boolean().default(false),
    'Learn tokens for each class instead of the same ones for all; for many images a class',
    '全クラス共通ではなく、クラスごとにトークンを学習。クラスあたりの画像が多いときに',
    { name: ['Tokens of each class', 'クラスごとのトークン'] },
  ),
  epochs: epochs(50),
  batchSize: batchSize(32),
  accumulate: accumulated,
  lr: rate(0.002),
  warmup: warmup(0.02),
  momentum,
  weightDecay: decay(5e-4),
  ...augmented('none'),
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
  leavesTowers: true,
  resumes: 'from the last saved step',
  phases: (s, images) => [
    ...featuresPhases(images),
    { name: 'prompt-tuning', cost: Math.max(1, s.epochs * images('train') * (s.augmentation === 'none' ? 0.25 : 1.25)) },
  ],
  steps: stepsOf,
  run: tunePrompt,
})

const CONTEXT = 'prompt.context'

/**
 * Prompt tuning (CoOp, Zhou et al. 2022; trainers/coop.py): learned token embeddings among the tokens of the class name.
 * Both towers are frozen, and the loss is cross-entropy over the classes' prompts. Unlike in the reference, a prompt does
 * not end in a full stop, and without augmentation (the default) image features are computed once.
 */
async function tunePrompt(run: Run, s: z.output<typeof settings>): Promise<Trained> {
  const { model } = run
  const { similarity, width } = textTower(model, 'coop')
  const classes = run.o.classes.map((c) => c.name)
  const { dim } = model
  const prompts = Prompts.of(model, classes, s, 'coop')
  const { shape, data: context } = startContext(model, {
    ...{ init: s.init, contextLength: s.contextLength, seed: run.o.seed, recipe: 'coop' },
    ...(s.classSpecific && { classes: classes.length }),
  })
  const withContext = (data: Float32Array) => overlay(model.weights, new Map([[CONTEXT, { shape, data }]]))
  const source = withContext(context)

  /** The similarity's scale times the normalised embedding of each class's prompt: [C, D]. */
  const classifier = (p: Params): Value => mul(l2Normalize(prompts.embed(p, p.get(CONTEXT, shape))), similarity.scale(p))
  const { weights, other, ...rest } = await fitFrozen(run, {
    ...{ phase: 'prompt-tuning', settings: s, source, trains: CONTEXT },
    optimizer: sgd({ momentum: s.momentum, weightDecay: s.weightDecay }),
    logits: (p, features) => gemm(features, classifier(p), undefined, { transB: true }),
  })
  const made = async (trained: ReadonlyMap<string, Float32Array>) => {
    const learned = trained.get(CONTEXT)!
    const near = await nearestWords(model, learned, 'coop')
    const of = (c: number) => near.slice(c * s.contextLength, (c + 1) * s.contextLength)
    const context = s.classSpecific ? classes.map((name, c) => ({ class: name, context: of(c) })) : [{ context: near }]
    return {
      weights: new Map<string, Float32Array>(),
      head: {
        classes,
        dim,
        weight: await evaluated((graph) => classifier(new Params(graph, withContext(learned)))),
        bias: new Float32Array(classes.length).fill(similarity.of(model.weights).bias),
      },
      tensors: { 'prompt.safetensors': fromMemory(new Map([[CONTEXT, { shape, data: learned }]])) },
      files: { 'prompt.json': `${JSON.stringify({ position: s.position, width, nearest: context }, null, 2)}\n` },
      prompt: context
        .slice(0, SAID)
        .map((c) => `${'class' in c ? `${c.class}: ` : ''}${c.context.map(({ word }) => word).join(' ')}`)
        .join('; '),
    }
  }
  const { prompt, ...last } = await made(weights)
  return {
    ...rest,
    ...last,
    notes: { ...rest.notes, parameters: context.length, prompt },
    ...(other && { other: { ...other, ...(await made(other.weights)) } }),
  }
}

/** Classes whose nearest words are said; those of all are in prompt.json. */
const SAID = 5
