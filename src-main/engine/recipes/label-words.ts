/**
 * Teaches the model that names regions what labels look like, where a detector leaves that to a partner: what is added to the words of
 * each label (Yu et al. 2023, "Task residual for tuning vision-language models", arXiv:2211.10277, eq. 3). The partner itself stays as
 * it is, so all other words mean what they meant. Unlike in the paper the residuals have intercepts and are found as a logistic
 * regression finds weights: the scores of the words are its offsets, and its penalty holds the residuals near zero.
 */
import type { Partners } from '#shared/model/checkpoint.ts'
import type { Box } from '#shared/model/shape.ts'
import type { Pixels } from '../data/pixels.ts'
import { accuracy } from '../metrics/accuracy.ts'
import { textTower } from '../models/families.ts'
import { Crops, NAMED_CROPS, openPartner, Outlining } from '../regions/index.ts'
import { outlining } from '../runtime/outline.ts'
import { zeroShotHead } from '../tasks/embed.ts'
import { headLogits } from '../tasks/head-logits.ts'
import { rowsOfHead, type Head } from '../weights/head.ts'
import { logisticPath } from './logistic.ts'
import type { Run } from './run.ts'

/**
 * How strongly residuals are held, for unit vectors: λ of mean cross-entropy + λ‖residual / temperature‖². The first is what is taken
 * without regions to choose on.
 */
const STRENGTHS = [0.1, 0.3, 0.03, 0.01]

export interface LabelWords {
  /** What is added to the classifier of the words, for the labels that have regions to learn from. */
  readonly words: Head
  readonly notes: Readonly<Record<string, number>>
}

/** @throws a data fault if the partner is missing or another model by now */
export async function learnLabelWords(run: Run, { names, outline: ends }: Partners): Promise<LabelWords | undefined> {
  const model = await openPartner(run.model.dir, names)
  const crops = new Crops(model, NAMED_CROPS)
  const outliner = ends && (await openPartner(run.model.dir, ends))
  const outlines = outliner && Outlining.with(outliner, 'detect-ft')
  try {
    const outline = outlining()
    if (outline) {
      outline.solved = run.o.classes.length * (model.dim + 1)
      return undefined
    }
    // As a preview sees them: with what the outliner makes of their boxes.
    const see: See = async (pixels, boxes) => {
      const masks = await outlines?.outline(pixels, boxes)
      return crops.features(
        pixels,
        boxes.map((box, i) => ({ box, ...(masks?.[i] ? { mask: masks[i] } : {}) })),
      )
    }
    const [train, val] = [await regionsOf(run, 'train', see), await regionsOf(run, 'val', see)]
    const known = [...new Set(train.labels)].sort((a, b) => a - b)
    if (known.length < 2) return undefined
    // As it is asked: by the partner's own templates, unless the run has others than its model's.
    const templates = run.o.templates === run.model.templates ? model.templates : run.o.templates
    const words = rowsOfHead(await zeroShotHead(model, run.o.classes, templates), known)
    const { n, features, labels, offsets } = among(train, words, known)
    const { scale } = textTower(model, 'detect-ft').similarity.of(model.weights)
    const strengths = val.labels.some((c) => known.includes(c)) ? [...STRENGTHS].sort((a, b) => b - a) : STRENGTHS.slice(0, 1)
    const cs = strengths.map((strength) => scale ** 2 / (2 * n * strength))
    const judged = among(val, words, known)
    let best: { head: Head; strength: number; right: number } | undefined
    let i = 0
    for await (const { weight, bias } of logisticPath({ features, labels, offsets, classes: known.length }, cs, { tolerance: 1e-5 })) {
      run.check()
      const head: Head = { ...words, weight, bias }
      const right = judged.n ? rightIn(judged, head) : 0
      if (!best || right > best.right) best = { head, strength: strengths[i]!, right }
      i++
    }
    const before = rightIn({ n, labels, features, offsets }, { ...words, weight: words.weight.map(() => 0), bias: words.bias.map(() => 0) })
    return {
      words: best!.head,
      notes: {
        wordStrength: best!.strength,
        namedBefore: before,
        named: rightIn({ n, labels, features, offsets }, best!.head),
        ...(judged.n && { namedHeldOut: best!.right }),
      },
    }
  } finally {
    await crops.release()
    await outlines?.release()
    outliner?.close()
    model.close()
  }
}

interface Regions {
  /** [n, dim]. */
  readonly features: Float32Array
  readonly labels: readonly number[]
}

/** Features [n, dim] of boxes of an image. */
type See = (pixels: Pixels, boxes: readonly Box[]) => Promise<Float32Array>

async function regionsOf(run: Run, split: string, see: See): Promise<Regions> {
  const images = run.split(split)
  const rows: Float32Array[] = []
  const labels: number[] = []
  for (const [i, { boxes = [] }] of images.items.entries()) {
    run.check()
    if (boxes.length)
      rows.push(
        await see(
          await images.pixels(i),
          boxes.map(({ box }) => box),
        ),
      )
    labels.push(...boxes.map((b) => b.class))
    run.o.onProgress({ phase: 'features', part: split, done: i + 1, total: images.n })
  }
  const features = new Float32Array(rows.reduce((n, x) => n + x.length, 0))
  let at = 0
  for (const row of rows) {
    features.set(row, at)
    at += row.length
  }
  return { features, labels }
}

interface Named {
  readonly n: number
  readonly features: Float32Array
  /** Places among the known labels. */
  readonly labels: Int32Array
  /** Scores by the words alone [n, known]. */
  readonly offsets: Float32Array
}

/** The regions of known labels. */
function among({ features, labels }: Regions, words: Head, known: readonly number[]): Named {
  const { dim } = words
  const kept = labels.flatMap((c, i) => (known.includes(c) ? [i] : []))
  const own = new Float32Array(kept.length * dim)
  kept.forEach((i, k) => own.set(features.subarray(i * dim, (i + 1) * dim), k * dim))
  const places = Int32Array.from(kept, (i) => known.indexOf(labels[i]!))
  return { n: kept.length, features: own, labels: places, offsets: headLogits(own, words) }
}

const rightIn = ({ features, labels, offsets }: Named, head: Head): number =>
  accuracy({ classes: head.classes.length, labels, logits: headLogits(features, head).map((x, i) => x + offsets[i]!) })
