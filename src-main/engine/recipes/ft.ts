import type { RecipeSettings } from '#shared/model/recipe.ts'
import { augment, augmentRng, augmentSchema, type AugmentConfig } from '../data/augment.ts'
import { epochOrder } from '../data/batches.ts'
import { outputSize, preprocess } from '../data/preprocess.ts'
import { Rng } from '../data/rng.ts'
import { imageFeature, paramsFor } from '../models/model.ts'
import type { WeightSource } from '../nn/params.ts'
import { linear } from '../nn/transformer.ts'
import { adamW } from '../optim/optimizer.ts'
import { warmupCosine } from '../optim/schedule.ts'
import { runLoop } from '../runtime/loop.ts'
import { tensor } from '../runtime/session.ts'
import { Trainer } from '../runtime/train.ts'
import { zeroShotHead } from '../tasks/embed.ts'
import { crossEntropy } from '../tasks/losses.ts'
import type { Head } from '../weights/head.ts'
import type { Recipe, Run, Trained } from './context.ts'
import { probe } from './lp.ts'

/**
 * Full fine-tuning of the image tower, the head starting from the zero-shot classifier (wise-ft, model-soups finetune.py), or at
 * random where the model reads no texts.
 */
export const ft: Recipe<RecipeSettings<'ft'>> = async (run, settings) => {
  const { classes, templates, provider, seed } = run.o
  const random = settings.head === 'random' || !run.model.text
  const head = random ? randomHead(run, seed) : await zeroShotHead(run.model, classes, templates, { provider })
  const trained = await tune(run, settings, head)
  return random === (settings.head === 'random') ? trained : { ...trained, notes: { ...trained.notes, head: 'random' } }
}

/** As `ft`, but the head starts from the linear probe, so that it does not distort the features (Kumar et al. 2022, §3.4). */
export const lpFt: Recipe<RecipeSettings<'lp-ft'>> = async (run, settings) => {
  const { head, c } = await probe(run, settings)
  const trained = await tune(run, settings, head)
  return { ...trained, notes: { ...trained.notes, C: c } }
}

/** Pictures as photographs would be varied: crops, and flips; `strong` adds colour and rotation. */
const augmentations: Record<RecipeSettings<'ft'>['augmentation'], AugmentConfig | undefined> = {
  none: undefined,
  light: augmentSchema.parse({ minScale: 0.7, aspect: 1.2, flip: 0.5 }),
  strong: augmentSchema.parse({
    minScale: 0.4,
    maxScale: 1.2,
    aspect: 1.33,
    flip: 0.5,
    rotate: 15,
    brightness: 0.3,
    contrast: 0.3,
    saturation: 0.3,
    hue: 0.03,
    grayscale: 0.1,
    background: 0.3,
  }),
}

type Tuning = Omit<RecipeSettings<'ft'>, 'head'>

async function tune(run: Run, s: Tuning, head: Head): Promise<Trained> {
  const { model } = run
  const images = run.split('train')
  const { height, width } = outputSize(model.preprocess)
  // An update never needs more images than there are.
  const batch = Math.min(s.batchSize, images.n)
  const accumulate = Math.min(s.accumulate, Math.floor(images.n / batch))
  const perEpoch = Math.floor(images.n / (batch * accumulate))
  const steps = perEpoch * s.epochs
  const size = 3 * height * width
  const labels = images.labels
  const source = withHead(model.weights, head)

  const trainer = await Trainer.create(
    {
      build(graph) {
        const p = paramsFor(model, graph, source, (name) => name.startsWith('head.') || model.tensors.isOf(name, 'image'))
        const features = imageFeature(model, p, graph.input('pixels', 'float32', [batch, 3, height, width]))
        const logits = linear(p, 'head', features, head.classes.length)
        const loss = crossEntropy(logits, graph.input('labels', 'int32', [batch]), { smoothing: s.labelSmoothing })
        return { loss, parameters: p.trainable }
      },
    },
    (name) => source.float32(name),
    {
      optimizer: adamW({ weightDecay: s.weightDecay }),
      clipNorm: s.clipNorm,
      accumulate,
      ema: s.ema || undefined,
      session: { provider: run.o.provider },
    },
  )
  try {
    const views = augmentations[s.augmentation]
    const losses = await runLoop(
      {
        trainer,
        steps,
        accumulate,
        imagesPerStep: batch * accumulate,
        schedule: warmupCosine({ lr: s.lr, warmup: Math.round(steps * s.warmup), total: steps }),
        async batch(step, micro) {
          const epoch = Math.floor(step / perEpoch)
          const start = ((step % perEpoch) * accumulate + micro) * batch
          const rows = epochOrder(images.n, epoch, run.o.seed).subarray(start, start + batch)
          const pixels = await Promise.all(Array.from(rows, (row) => images.pixels(row, run.model.preprocess.deep)))
          const x = new Float32Array(batch * size)
          pixels.forEach((picture, slot) => {
            if (views)
              augment(picture, { height, width }, views, model.preprocess, augmentRng(run.o.seed, epoch, rows[slot]!), x, slot * size)
            else preprocess(picture, model.preprocess, x, slot * size)
          })
          return {
            pixels: tensor(x, 'float32', [batch, 3, height, width]),
            labels: tensor(
              Int32Array.from(rows, (row) => labels[row]!),
              'int32',
              [batch],
            ),
          }
        },
      },
      {
        onProgress: ({ step, steps: total, ...rest }) => run.o.onProgress({ phase: 'training', done: step, total, ...rest }),
        isCancelled: run.o.isCancelled,
        resume: run.o.resume,
      },
    )
    const weights = await trainer.exportWeights({ ema: s.ema > 0 })
    const tuned = { ...head, weight: weights.get('head.weight')!, bias: weights.get('head.bias')! }
    weights.delete('head.weight')
    weights.delete('head.bias')
    return { weights, head: tuned, losses, notes: { steps } }
  } finally {
    await trainer.release()
  }
}

/** The model's weights with the head's two tensors among them. */
function withHead(weights: WeightSource, head: Head): WeightSource {
  const own = new Map([
    ['head.weight', { shape: [head.classes.length, head.dim], data: head.weight }],
    ['head.bias', { shape: [head.classes.length], data: head.bias }],
  ])
  return {
    source: weights.source,
    has: (name) => own.has(name) || weights.has(name),
    info: (name) => (own.has(name) ? { dtype: 'F32', shape: own.get(name)!.shape } : weights.info(name)),
    float32: (name) => own.get(name)?.data ?? weights.float32(name),
  }
}

/** Rows of about unit length, scaled as the zero-shot classifier's rows are not: fine-tuning as the LP-FT paper's baseline. */
function randomHead(run: Run, seed: number): Head {
  const rng = Rng.of(seed, 0x4ead)
  const dim = run.model.dim
  const classes = run.o.classes.map((c) => c.name)
  const weight = Float32Array.from({ length: classes.length * dim }, () => rng.normal() * dim ** -0.5)
  return { classes, dim, weight, bias: new Float32Array(classes.length) }
}
