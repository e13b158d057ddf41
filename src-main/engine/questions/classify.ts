import type { ClassSpec } from '#shared/model/job.ts'
import { Images } from '../data/images.ts'
import { softmaxRows } from '../metrics/predictions.ts'
import type { Model } from '../models/model.ts'
import { headLogits, imageFeatures, zeroShotHead } from '../tasks/embed.ts'
import type { Head } from '../weights/head.ts'

/** A model's classifier over the classes given, for one that has no classes of its own. */
export const classifierOf = async (model: Model, classes: readonly ClassSpec[]): Promise<Head> =>
  model.head ?? zeroShotHead(model, classes, model.templates)

/** What a checkpoint sees on an image, the best first. */
export async function classify(model: Model, head: Head, file: string): Promise<{ label: string; score: number }[]> {
  const p = softmaxRows(headLogits(await imageFeatures(model, new Images([{ file, label: 0 }])), head), head.classes.length)
  return head.classes.map((label, i) => ({ label, score: p[i]! })).sort((a, b) => b.score - a.score)
}
