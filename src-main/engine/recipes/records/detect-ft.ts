/**
 * Fine-tuning of a detector on accepted regions (Minderer et al. 2022, §3.2): sigmoid focal loss of the labels, L1 and
 * GIoU of the boxes, predictions matched with regions one to one. The texts' tower stays as it is, so the query of each of
 * the labels' texts is computed once, and other words keep their meaning. Of a label's texts a step asks for one.
 *
 * A detector that finds things without knowing what they are stays one: it is trained to find all regions by the words for
 * anything, and what the labels look like is learned beside the words of the partner that names them (label-words.ts).
 */
import { z } from 'zod'
import { userError } from '#shared/errors.ts'
import type { ClassSpec } from '#shared/model/job.ts'
import { sentence } from '#shared/sentences/table.ts'
import { augmentRng } from '../../data/augment.ts'
import type { Images } from '../../data/images.ts'
import { outputSize, preprocess } from '../../data/preprocess.ts'
import { Rng } from '../../data/rng.ts'
import { Detecting } from '../../detection/detecting.ts'
import { DetectorTrainer } from '../../detection/training.ts'
import { variedView } from '../../detection/views.ts'
import type { Model } from '../../models/model.ts'
import type { TensorSpec } from '../../models/tensors.ts'
import { adamW } from '../../optim/optimizer.ts'
import { SOMETHING } from '../../regions/index.ts'
import { outlining } from '../../runtime/outline.ts'
import { shuffled } from '../../tasks/examples.ts'
import type { CentreBox } from '../../tasks/matching.ts'
import { headMetadata, headTensors, WORDS_FILE } from '../../weights/head.ts'
import { parametersIn, trainedPart } from '../beside.ts'
import { DrawnTexts } from '../drawn-texts.ts'
import { fit } from '../fit.ts'
import { byLoss } from '../judges.ts'
import { learnLabelWords } from '../label-words.ts'
import { featuresPhases, stepsOf } from '../phases.ts'
import { defineRecipe } from '../recipe.ts'
import type { Run, Trained } from '../run.ts'
import { batchSize, decay, epochs, keeping, rank, rate, seeing, setting, warmup } from '../settings.ts'
import { tuningPhases } from '../tune.ts'

const settings = z.strictObject({
  trains: setting(
    z.enum(['all', 'heads', 'lora', 'words']).default('all'),
    'What is trained: image tower and heads, the heads alone, heads and small matrices beside the tower’s, or (with a partner) words only',
    '学習する部分：画像タワーとヘッド、ヘッドだけ、ヘッドとタワーに添えた小さな行列、または（名前を付ける相方があれば）言葉だけ',
    { name: ['Trained part', '学習する部分'] },
  ),
  epochs: epochs(30),
  batchSize: batchSize(4),
  lr: rate(2e-4),
  warmup: warmup(0.1),
  weightDecay: decay(0.01),
  clipNorm: setting(z.number().positive().default(1), 'Largest gradient norm', '勾配ノルムの上限', {
    name: ['Gradient clipping', '勾配クリッピング'],
    advanced: true,
  }),
  augmentation: setting(
    z.enum(['none', 'light']).default('light'),
    'Whether training images are cropped and mirrored',
    '学習画像を切り抜き、左右反転するか',
    { name: ['Augmentation', 'データ拡張'] },
  ),
  ...keeping,
  r: rank,
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
  when: {
    en: 'Choose it to find and box your labels in images: draw some boxes of each label first.',
    ja: '画像からラベルを見つけて囲みたいときに。先に各ラベルのボックスをいくつか描いてください。',
  },
  citation: 'Minderer et al. 2022, Simple open-vocabulary object detection with vision transformers, arXiv:2205.06230',
  task: 'detect',
  needs: ['detect', 'embedText'],
  curve: { phase: 'training', over: 'steps' },
  resumes: 'from the last saved step',
  phases: (s, images) => (s.trains === 'words' ? featuresPhases(images) : tuningPhases(s, images)),
  steps: (s, n) => stepsOf({ ...s, epochs: s.trains === 'words' ? 0 : s.epochs }, n),
  settings,
  mark: { label: 'Detector', shape: 'pentagon', light: '#8c4a2f', dark: '#e0a184' },
  run: tuneDetector,
})

/** Whether one of the model's own tensors is trained. */
const trained = (trains: Settings['trains'], { part }: TensorSpec): boolean => part === 'head' || (part === 'image' && trains === 'all')

/** The stream of random numbers by which texts are drawn. */
const WORDS = 0x7e87

async function tuneDetector(run: Run, s: Settings): Promise<Trained> {
  const { partners } = run.model
  if (!partners && s.trains === 'words') throw userError(sentence('training.no-partner'))
  const found: Trained = s.trains === 'words' ? { weights: new Map(), losses: [] } : await tuneBoxes(run, s)
  if (!partners) return found
  const learned = await learnLabelWords(run, partners)
  const words = learned && {
    tensors: { [WORDS_FILE]: { ...headTensors(learned.words), metadata: headMetadata(learned.words.classes) } },
  }
  return {
    ...found,
    ...{ ...words, partners },
    ...(found.other && { other: { ...found.other, ...words, partners } }),
    notes: { ...found.notes, ...learned?.notes },
  }
}

/** Trains the detector itself. */
async function tuneBoxes(run: Run, s: Settings): Promise<Trained> {
  const { model } = run
  const images = run.split('train')
  const { height, width } = outputSize(model.preprocess)
  const drawn = shuffled(images.n, { batchSize: s.batchSize, seed: run.o.seed })
  const held = run.split('val')
  const part = trainedPart(model, (spec) => trained(s.trains, spec), { ...(s.trains === 'lora' && { rank: s.r }), seed: run.o.seed })
  const asked: readonly ClassSpec[] = model.partners ? [SOMETHING] : run.o.classes
  const texts = await textsOf(run, asked)
  const fitted = await fit(run, {
    // A step's loss is a mean over the regions of its images, so its gradient is not the mean of those of its parts.
    ...{ phase: 'training', settings: s, drawn, by: 'loss', divides: false },
    async open({ batch, rows: rowsOf }) {
      const training = await DetectorTrainer.create({
        detector: model.detector!,
        shape: {
          images: batch,
          height,
          width,
          queries: asked.length,
          regions: Math.max(...[...images.items, ...held.items].map(({ boxes = [] }) => boxes.length)),
        },
        params: (graph) => part.params(graph),
        initial: (name) => part.initial(name),
        options: { optimizer: adamW({ weightDecay: s.weightDecay }), clipNorm: s.clipNorm, session: { provider: run.o.provider } },
      })
      const feeds = async (from: Images, rows: readonly number[], words: Rng, varied?: (row: number) => Rng) => {
        const pixels = new Float32Array(batch * 3 * height * width)
        const targets = await Promise.all(
          rows.map(async (row, slot) => {
            const whole = { pixels: await from.pixels(row, model.preprocess.deep, run.decode), boxes: from.items[row]!.boxes ?? [] }
            const view = varied ? variedView(whole.pixels, whole.boxes, varied(row)) : whole
            preprocess(view.pixels, model.preprocess, pixels, slot * 3 * height * width)
            const extent = extentOf(model, view.pixels)
            return view.boxes.map(({ class: label, box }) => ({ query: model.partners ? 0 : label, box: relative(box, extent) }))
          }),
        )
        return training.feeds({ pixels, queries: texts.drawAll(words), targets })
      }
      return {
        trainer: training.trainer,
        release: () => training.release(),
        ready: (given) => training.assigned(given),
        judge: byLoss(run, training.trainer, batch, async (rows) => training.assigned(await feeds(held, rows, Rng.of(run.o.seed, WORDS)))),
        batch: (step, micro) =>
          feeds(
            images,
            rowsOf(step, micro),
            Rng.of(run.o.seed, WORDS, step),
            s.augmentation === 'none' ? undefined : (row) => augmentRng(run.o.seed, drawn.epochOf(step), row),
          ),
      }
    },
  })
  const { weights, other, ...rest } = fitted
  return {
    ...rest,
    weights: part.finished(weights),
    ...(other && { other: { ...other, weights: part.finished(other.weights) } }),
    notes: { ...rest.notes, parameters: parametersIn(weights) },
  }
}

/** The query of each text of the classes, by the checkpoint's templates or their own. */
async function textsOf({ model, o }: Run, classes: readonly ClassSpec[]): Promise<DrawnTexts> {
  if (outlining()) return DrawnTexts.read(classes, o.templates, async (texts) => new Float32Array(texts.length * model.detector!.width))
  const detecting = Detecting.with(model, 'recipe detect-ft')
  try {
    return await DrawnTexts.read(classes, o.templates, (texts) =>
      detecting.queries(
        texts.map((name) => ({ name })),
        ['{}'],
      ),
    )
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
