/**
 * Fine-tuning of a detector on accepted regions (Minderer et al. 2022, §3.2): sigmoid focal loss of the labels, L1 and
 * GIoU of the boxes, predictions matched with regions one to one. The texts' tower stays as it is, so each label's query is
 * computed once, and other words keep their meaning.
 */
import { z } from 'zod'
import { augmentRng } from '../../data/augment.ts'
import { outputSize, preprocess } from '../../data/preprocess.ts'
import { Detecting } from '../../detection/detecting.ts'
import { DetectorTrainer } from '../../detection/training.ts'
import { variedView } from '../../detection/views.ts'
import type { Model } from '../../models/model.ts'
import type { TensorSpec } from '../../models/tensors.ts'
import { adamW } from '../../optim/optimizer.ts'
import { warmupCosine } from '../../optim/schedule.ts'
import { runLoop } from '../../runtime/loop.ts'
import { shuffled } from '../../tasks/examples.ts'
import type { CentreBox } from '../../tasks/matching.ts'
import { overlay } from '../overlay.ts'
import { stepsOf } from '../phases.ts'
import { defineRecipe } from '../recipe.ts'
import type { Run, Trained } from '../run.ts'
import { batchSize, decay, epochs, rate, seeing, setting, warmup } from '../settings.ts'
import { AdaptedParams, NO_ADAPTER, tuningPhases } from '../tune.ts'
import { mergedLora, newLora } from './lora.ts'

const settings = z.strictObject({
  trains: setting(
    z.enum(['all', 'heads', 'lora']).default('all'),
    'What is trained: the image tower and the heads, the heads alone, or small matrices beside the tower’s and the heads',
    '学習する部分：画像タワーとヘッドすべて、ヘッドだけ、またはタワーに添えた小さな行列とヘッド',
  ),
  epochs: epochs(30),
  batchSize: batchSize(4),
  lr: rate(2e-4),
  warmup: warmup(0.1),
  weightDecay: decay(0.01),
  clipNorm: setting(z.number().positive().default(1), 'Largest gradient norm', '勾配ノルムの上限'),
  augmentation: setting(
    z.enum(['none', 'light']).default('light'),
    'Whether training images are cropped and mirrored',
    '学習画像を切り抜き、左右反転するか',
  ),
  r: setting(z.int().min(1).max(1024).default(8), 'With lora, rank of the update', 'lora のときの更新の階数'),
  ...seeing,
})
type Settings = z.output<typeof settings>

export default defineRecipe({
  id: 'detect-ft',
  order: 9,
  title: { en: 'Detector fine-tuning', ja: '検出器の微調整' },
  about: {
    en: 'Trains a detector by words on the accepted regions and their labels.',
    ja: '承認済みの領域とラベルで、言葉による検出器を学習します。',
  },
  citation: 'Minderer et al. 2022, Simple open-vocabulary object detection with vision transformers, arXiv:2205.06230',
  task: 'detect',
  needs: ['detect', 'embedText'],
  curve: { phase: 'training', over: 'steps' },
  resumes: 'from the last saved step',
  phases: tuningPhases,
  steps: stepsOf,
  settings,
  mark: { label: 'Detector', shape: 'pentagon', light: '#8c4a2f', dark: '#e0a184' },
  run: tuneDetector,
})

/** Whether one of the model's own tensors is trained. */
const trained = (trains: Settings['trains'], spec: TensorSpec | undefined): boolean =>
  spec !== undefined && (spec.part === 'head' || (spec.part === 'image' && trains === 'all'))

async function tuneDetector(run: Run, s: Settings): Promise<Trained> {
  const { model } = run
  const images = run.split('train')
  const { height, width } = outputSize(model.preprocess)
  const drawn = shuffled(images.n, { batchSize: s.batchSize, seed: run.o.seed })
  const steps = drawn.perEpoch * s.epochs
  const lora = s.trains === 'lora' ? newLora(model, { r: s.r, alpha: s.r, targets: 'all-linear' }, run.o.seed) : undefined
  const own = lora?.tensors ?? new Map()
  const source = overlay(model.weights, own)
  const training = await DetectorTrainer.create({
    detector: model.detector!,
    shape: {
      images: drawn.batch,
      height,
      width,
      queries: run.o.classes.length,
      regions: Math.max(...images.items.map(({ boxes = [] }) => boxes.length)),
    },
    params: (graph) =>
      new AdaptedParams(
        graph,
        source,
        (name) => own.has(name) || trained(s.trains, model.tensors.get(name)),
        { decays: model.tensors.decays, frozen: 'stored' },
        lora ?? NO_ADAPTER,
      ),
    initial: (name) => source.float32(name),
    options: { optimizer: adamW({ weightDecay: s.weightDecay }), clipNorm: s.clipNorm, session: { provider: run.o.provider } },
  })
  try {
    const queries = await queriesOf(run)
    const losses = await runLoop(
      {
        trainer: training.trainer,
        steps,
        imagesPerStep: drawn.batch,
        schedule: warmupCosine({ lr: s.lr, warmup: Math.round(steps * s.warmup), total: steps }),
        async batch(step) {
          const rows = drawn.rows(step)
          const pixels = new Float32Array(drawn.batch * 3 * height * width)
          const targets = await Promise.all(
            rows.map(async (row, slot) => {
              const whole = { pixels: await images.pixels(row, model.preprocess.deep), boxes: images.items[row]!.boxes ?? [] }
              const rng = augmentRng(run.o.seed, drawn.epochOf(step), row)
              const view = s.augmentation === 'none' ? whole : variedView(whole.pixels, whole.boxes, rng)
              preprocess(view.pixels, model.preprocess, pixels, slot * 3 * height * width)
              const extent = extentOf(model, view.pixels)
              return view.boxes.map(({ class: query, box }) => ({ query, box: relative(box, extent) }))
            }),
          )
          return training.feeds({ pixels, queries, targets })
        },
        ready: (feeds) => training.assigned(feeds),
      },
      {
        onProgress: ({ step, steps: total, ...rest }) => run.o.onProgress({ phase: 'training', done: step, total, ...rest }),
        isCancelled: run.o.isCancelled,
        resume: run.o.resume,
      },
    )
    const found = await training.trainer.exportWeights()
    const weights = new Map([...found].filter(([name]) => !own.has(name)))
    const notes = { steps, parameters: [...found.values()].reduce((n, { length }) => n + length, 0) }
    if (!lora) return { weights, losses, notes }
    const adapter = new Map([...lora.tensors].map(([name, t]) => [name, { ...t, data: found.get(name) ?? t.data }]))
    return { weights: new Map([...weights, ...mergedLora(model, { ...lora, tensors: adapter })]), losses, notes }
  } finally {
    await training.release()
  }
}

/** The query of each label, by the checkpoint's templates. */
async function queriesOf({ model, o }: Run): Promise<Float32Array> {
  const detecting = Detecting.with(model, 'recipe detect-ft')
  try {
    return await detecting.queries(o.classes, o.templates)
  } finally {
    await detecting.release()
  }
}

/** What boxes are relative to: the image, or the square that it is padded to. */
function extentOf({ preprocess: { pad_to_square } }: Model, { width, height }: { width: number; height: number }) {
  const side = Math.max(width, height)
  return pad_to_square ? { width: side, height: side } : { width, height }
}

const relative = (
  { x, y, w, h }: { x: number; y: number; w: number; h: number },
  { width, height }: { width: number; height: number },
): CentreBox => [(x + w / 2) / width, (y + h / 2) / height, w / width, h / height]
