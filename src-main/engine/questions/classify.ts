import type { ClassSpec } from '#shared/model/job.ts'
import { Images } from '../data/images.ts'
import { softmaxRows } from '../metrics/predictions.ts'
import type { Model } from '../models/model.ts'
import { imageFeatures, zeroShotHead } from '../tasks/embed.ts'
import { classifierLogits } from '../tasks/image-prompts.ts'
import type { Head } from '../weights/head.ts'

/** The model's own classifier, or a zero-shot one over the given classes. */
export const classifierOf = async (model: Model, classes: readonly ClassSpec[]): Promise<Head> =>
  model.head ?? zeroShotHead(model, classes, model.templates)

/** Probabilities of the head's classes for an image, highest first. */
export async function classify(model: Model, head: Head, file: string): Promise<{ label: string; score: number }[]> {
  const features = await imageFeatures(model, new Images([{ file, label: 0 }]))
  const p = softmaxRows(await classifierLogits(model, features, head), head.classes.length)
  return head.classes.map((label, i) => ({ label, score: p[i]! })).sort((a, b) => b.score - a.score)
}
