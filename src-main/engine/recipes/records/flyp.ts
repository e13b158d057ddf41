/**
 * Fine-tuning as in pre-training (Goyal et al. 2023, Finetune like you pretrain; locuslab/FLYP src/models/flyp_loss.py):
 * images against captions made of their classes, by the contrastive loss; both towers and the temperature are trained. The
 * classifier is the zero-shot one of the tuned model.
 */
import { z } from 'zod'
import { userError } from '#shared/errors.ts'
import { sentence } from '#shared/sentences/table.ts'
import { Rng } from '../../data/rng.ts'
import { textTower } from '../../models/families.ts'
import { adamW } from '../../optim/optimizer.ts'
import { classify } from '../../tasks/classify.ts'
import { zeroShotHead } from '../../tasks/embed.ts'
import { effective, slicesOf } from '../caption-settings.ts'
import { captionFeeds, captionStep } from '../captioned.ts'
import { contrastTrainer } from '../contrast-trainer.ts'
import { fit } from '../fit.ts'
import { byMeanLoss } from '../judges.ts'
import { withWeights } from '../overlay.ts'
import { stepsOf } from '../phases.ts'
import { defineRecipe } from '../recipe.ts'
import type { Run, Trained } from '../run.ts'
import {
  accumulated,
  augmented,
  averaged,
  batchSize,
  checkpointed,
  clipped,
  decay,
  epochs,
  keeping,
  rate,
  seeing,
  setting,
  warmup,
} from '../settings.ts'
import { pixelBatches, unvaried } from '../views.ts'

const settings = z.strictObject({
  epochs: epochs(10),
  batchSize: batchSize(64),
  effectiveBatch: effective,
  accumulate: accumulated,
  lr: rate(1e-5),
  warmup: warmup(0.1),
  weightDecay: decay(0.1),
  clipNorm: clipped,
  ...augmented('light'),
  collisions: setting(
    z.boolean().default(false),
    'Whether images of one class in a batch are told apart from each other’s captions, as in the paper',
    '同じクラスの画像どうしも、互いのキャプションと区別するか（論文の方法）',
    { name: ['Same class as negatives', '同じクラスも負例に'], advanced: true },
  ),
  ema: averaged,
  ...checkpointed,
  ...keeping,
  ...seeing,
})

export default defineRecipe({
  id: 'flyp',
  order: 35,
  title: { en: 'Fine-tuning like pre-training (FLYP)', ja: '事前学習と同じ損失の微調整（FLYP）' },
  about: {
    en: 'Trains both towers by the contrastive loss, on captions made of the class names; their embeddings are the classifier.',
    ja: 'クラス名から作ったキャプションとの対比損失で両方のタワーを学習します。その埋め込みが分類器になります。',
  },
  when: {
    en: 'Choose it where full fine-tuning loses on unusual pictures, and time and memory for both towers are there.',
    ja: '全体の微調整では見慣れない画像に弱くなり、両方のタワーを学習する時間とメモリーがあるときに。',
  },
  citation: 'Goyal et al. 2023, Finetune like you pretrain: improved finetuning of zero-shot vision models, arXiv:2212.00638',
  task: 'classify',
  needs: ['embedImage', 'embedText'],
  settings,
  mark: { label: 'FLYP', shape: 'house', light: '#8f1f2f', dark: '#f28b96' },
  curve: { phase: 'training', over: 'steps' },
  resumes: 'from the last saved step',
  phases: (s, images) => [{ name: 'training', cost: Math.max(1, 5 * s.epochs * images('train')), measures: true }],
  steps: (s, n) => stepsOf({ ...s, accumulate: slicesOf(s) * s.accumulate }, n),
  run: tuneBoth,
})

async function tuneBoth(run: Run, s: z.output<typeof settings>): Promise<Trained> {
  const { model } = run
  const { similarity } = textTower(model, 'flyp')
  const images = run.split('train')
  const slices = slicesOf(s)
  if (slices > 1 && s.accumulate > 1) throw userError(sentence('training.accumulated-twice'))
  const drawn = classify.examples(images.n, { ...s, accumulate: slices * s.accumulate, seed: run.o.seed })
  const pictures = pixelBatches(run, s, drawn)
  const held = pixelBatches(run, unvaried, drawn, 'val')
  const { captions, texts, pairs } = captionFeeds(run, s.collisions)
  const fitted = await fit(run, {
    ...{ phase: 'training', settings: s, drawn, by: 'loss', divides: true },
    async open({ batch, accumulate, rows: rowsOf }) {
      // Where memory ran out, each of the batches whose gradients are averaged became several slices.
      const sliced = { batch, slices: accumulate / (slices > 1 ? 1 : drawn.accumulate) }
      const drawnOf = (step: number, micro: number) => {
        const rng = Rng.of(run.o.seed, 0xf17, step, micro)
        return rowsOf(step, micro).map((row) => ({ label: images.labels[row]!, caption: rng.int(captions[images.labels[row]!]!) }))
      }
      const feeds = {
        slice: async (step: number, micro: number) => ({
          pixels: await pictures.read(rowsOf(step, micro), step),
          ...texts(drawnOf(step, micro)),
        }),
        pairs: (step: number, micros: readonly number[]) => pairs(micros.flatMap((micro) => drawnOf(step, micro))),
      }
      const opened = await contrastTrainer(captionStep(model, pictures), feeds, (name) => model.weights.float32(name), sliced, {
        optimizer: adamW({ weightDecay: s.weightDecay }),
        ...{ clipNorm: s.clipNorm, accumulate, ema: s.ema || undefined, checkpointing: s.checkpointing },
        ...{ max: similarity.bounds, session: { provider: run.o.provider } },
      })
      const { labels } = run.split('val')
      const told = (rows: readonly number[]) => rows.map((row) => ({ label: labels[row]!, caption: 0 }))
      const parts = (rows: readonly number[]) =>
        Array.from({ length: sliced.slices }, async (_, k) => {
          const own = rows.slice(k * batch, (k + 1) * batch)
          return { pixels: await held.read(own, 0), ...texts(told(own)) }
        })
      const judge = byMeanLoss(run, batch * sliced.slices, async (rows) =>
        opened.measure(await Promise.all(parts(rows)), pairs(told(rows))),
      )
      return { ...opened, judge }
    },
  })
  const made = async (weights: ReadonlyMap<string, Float32Array>) => {
    const { classes, templates, provider } = run.o
    return { weights, head: await zeroShotHead(withWeights(model, weights), classes, templates, { provider }) }
  }
  const { weights, other, ...rest } = fitted
  return { ...rest, ...(await made(weights)), ...(other && { other: { ...other, ...(await made(other.weights)) } }) }
}
