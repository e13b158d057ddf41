/** What to label next: a strategy on what a checkpoint, or two, make of the images. */
import { userError } from '#shared/errors.ts'
import { sentence } from '#shared/sentences/table.ts'
import type { CurateJob, CurateTask } from '#shared/model/job.ts'
import { outOfSample } from '../curation/doubts.ts'
import { type Features, featuresOf } from '../curation/features.ts'
import { strategyRecord } from '../curation/strategies.ts'
import { bestOf, type Seen } from '../curation/strategy.ts'
import { openModel } from '../models/checkpoint.ts'
import type { Model } from '../models/model.ts'
import { softmaxRows } from '../metrics/predictions.ts'
import type { Provider } from '../runtime/session.ts'
import { unitRows } from '../tasks/embed.ts'
import { classifierLogits } from '../tasks/image-prompts.ts'
import type { JobHooks } from './hooks.ts'
import { headOf } from './measures/classify.ts'

type Next = Extract<CurateTask, { kind: 'next' }>

interface Tools {
  readonly model: Model
  readonly features: Features
  readonly provider: Provider
  readonly hooks: JobHooks
  readonly onProgress: (done: number, of: number) => void
  readonly check: () => void
}

/** Of the readable images: the first `count` in the order of labelling, with the model's guess at each. */
export async function nextOf(task: Next, job: CurateJob, tools: Tools) {
  const { model, features, check } = tools
  const record = strategyRecord(task.strategy)
  const { readable, dim, rows } = features
  const other = task.other === undefined ? undefined : await openModel(task.other)
  try {
    const heads = [model, ...(other ? [other] : [])].map((m) => m.head?.classes)
    // A label that a head was not trained on cannot be its guess.
    const known = task.classes.flatMap(({ name }, c) => (heads.every((h) => !h || h.includes(name)) ? [c] : []))
    if (known.length < 2) throw userError(sentence('next.not-a-classifier', { model: model.dir }))
    const classes = known.map((c) => task.classes[c]!)
    const labels = readable.map((i) => known.indexOf(task.labels[i]!))
    const own = await probabilitiesOf(model, rows, classes, tools.provider)
    const candidates = Int32Array.from([...readable.keys()].filter((row) => task.candidates[readable[row]!]))
    const seen: Seen = {
      classes: known.length,
      probabilities: record.needs === 'labels' ? await unseen(features, labels, own, task, tools) : own,
      ...(other && { other: await otherOf(other, job, features, classes, tools) }),
      labels,
      features: model.image.unit ? rows : unitRows(rows.slice(), dim),
      dim,
      candidates,
      seed: task.seed,
      diversity: task.diversity,
    }
    check()
    const { order, scores } = record.rank(seen, task.count)
    const guesses = Array.from(order, (row) => bestOf(seen, row))
    return {
      order,
      scores,
      best: Int32Array.from(guesses, (g) => known[g.best]!),
      confidence: Float32Array.from(guesses, (g) => g.p),
    }
  } finally {
    other?.close()
  }
}

async function probabilitiesOf(model: Model, rows: Float32Array, classes: Next['classes'], provider: Provider): Promise<Float64Array> {
  const head = await headOf(model, { classes, templates: undefined }, provider)
  return softmaxRows(await classifierLogits(model, rows, head, provider), classes.length)
}

async function otherOf(other: Model, job: CurateJob, { readable }: Features, classes: Next['classes'], { provider, hooks }: Tools) {
  const images = Array.from(readable, (i) => job.images[i]!)
  const { onProgress, isCancelled } = hooks
  const found = await featuresOf(other, images, { provider, cache: job.cache, onProgress, isCancelled, raw: true })
  const p = await probabilitiesOf(other, found.rows, classes, provider)
  if (found.readable.length === images.length) return p
  // A file that vanished in between: an even distribution, about which nobody disagrees much.
  const all = new Float64Array(images.length * classes.length).fill(1 / classes.length)
  found.readable.forEach((i, k) => all.set(p.subarray(k * classes.length, (k + 1) * classes.length), i * classes.length))
  return all
}

const FOLDS = 5

/**
 * A checkpoint has learned the labels of the images it was trained on, wrong ones included. Labelled images are therefore judged by
 * linear probes on its features that were fitted without them; those of labels with fewer images than folds by the checkpoint itself.
 */
async function unseen(
  { rows, dim }: Features,
  labels: Int32Array,
  own: Float64Array,
  { seed }: Next,
  { onProgress, check }: Tools,
): Promise<Float64Array> {
  const k = own.length / labels.length
  const counts = new Int32Array(k)
  for (const label of labels) if (label >= 0) counts[label]!++
  const kept = [...counts.keys()].filter((c) => counts[c]! >= FOLDS)
  const judged = [...labels.keys()].filter((row) => kept.includes(labels[row]!))
  if (kept.length < 2) return own
  const features = new Float32Array(judged.length * dim)
  judged.forEach((row, at) => features.set(rows.subarray(row * dim, (row + 1) * dim), at * dim))
  const given = Int32Array.from(judged, (row) => kept.indexOf(labels[row]!))
  const p = await outOfSample(features, dim, given, kept.length, { folds: FOLDS, seed, onProgress, check })
  const all = own.slice()
  judged.forEach((row, at) => {
    all.fill(0, row * k, (row + 1) * k)
    kept.forEach((c, j) => (all[row * k + c] = p[at * kept.length + j]!))
  })
  return all
}
