/** How well prompts find what people labelled: over all images, and on each. */
import { emptyRle, rleIou, rleMerge } from '#shared/geometry/rle.ts'
import type { LabMetric } from '#shared/model/prompt-lab.ts'
import type { Box, Rle } from '#shared/model/shape.ts'
import { averagePrecisionAt, classIou, detectionScores } from '../../engine/metrics/index.ts'

export type Scores = Partial<Record<LabMetric, number | null>>

const defined = (x: number) => (Number.isFinite(x) ? x : null)
const shareOf = (part: number, all: number) => (all ? part / all : null)

/** Boxes of one label in an image: those found, best first, and those that are there. */
export interface BoxesOn {
  readonly found: readonly { readonly box: Box; readonly score: number }[]
  readonly truth: readonly Box[]
}
const asDetections = ({ found, truth }: BoxesOn) => ({
  detections: found.map(({ box, score }) => ({ label: 0, score, box })),
  truth: truth.map((box) => ({ label: 0, box })),
})

export function boxScores(images: readonly BoxesOn[]): Scores {
  const { ap, ap50, ar } = detectionScores(images.map(asDetections), 1)
  return { ap: defined(ap), ap50: defined(ap50), ar: defined(ar[100]) }
}

/** AP at an IoU of 0.5 on this image alone; without the label, how sure the surest false alarm is not. */
export function boxScoreOn(image: BoxesOn): number {
  if (image.truth.length) return averagePrecisionAt([asDetections(image)], 0, 0.5)
  return 1 - Math.max(0, ...image.found.map((f) => f.score))
}

/** Pixels of one label in an image: null if none are found, or none are there. */
export interface MasksOn {
  readonly found: Rle | null
  readonly truth: Rle | null
}

export function maskScores(images: readonly MasksOn[]): Scores {
  const asMasks = (mask: Rle | null) => (mask ? [{ label: 0, score: 1, mask }] : [])
  return {
    iou: defined(
      classIou(
        images.map(({ found, truth }) => ({ detections: asMasks(found), truth: asMasks(truth) })),
        1,
      )[0]!,
    ),
  }
}

/** IoU on this image alone; 1 if there is nothing and nothing is found. */
export const maskScoreOn = ({ found, truth }: MasksOn): number => (found && truth ? rleIou(found, truth) : found || truth ? 0 : 1)

/** One mask of several; null of none. */
export const joinedMask = (masks: readonly Rle[], height: number, width: number): Rle | null =>
  masks.length ? rleMerge([emptyRle(height, width), ...masks]) : null

/** The label that an image has, and the one that a classifier says. `margin`: cosine of the right one minus that of the best other. */
export interface ClassOn {
  readonly truth: number
  readonly said: number
  readonly margin: number
}

/** Accuracy over all images; recall and precision of one label. */
export function classScores(images: readonly ClassOn[], label: number): Scores {
  const right = images.filter((i) => i.said === i.truth)
  const ofLabel = right.filter((i) => i.truth === label).length
  return {
    accuracy: shareOf(right.length, images.length),
    recall: shareOf(ofLabel, images.filter((i) => i.truth === label).length),
    precision: shareOf(ofLabel, images.filter((i) => i.said === label).length),
  }
}

/** The class of an image: cosines of unit vectors; `classes` [n, dim]. */
export function classOn(image: Float32Array, classes: Float32Array, truth: number): ClassOn {
  const d = image.length
  const cosines = Array.from({ length: classes.length / d }, (_, c) => image.reduce((sum, x, i) => sum + x * classes[c * d + i]!, 0))
  const others = cosines.map((x, c) => (c === truth ? -Infinity : x))
  return { truth, said: cosines.indexOf(Math.max(...cosines)), margin: cosines[truth]! - Math.max(...others) }
}

/**
 * The images on which two rows differ most, for every pair of rows: indices, each once. Images on which two rows do
 * equally well are not among theirs.
 * @param scores of each row, on each image
 */
export function mostDiffering(scores: readonly (readonly number[])[], most: number): number[] {
  const out = new Set<number>()
  for (let a = 0; a < scores.length; a++)
    for (let b = a + 1; b < scores.length; b++) {
      const apart = scores[a]!.map((x, i) => Math.abs(x - scores[b]![i]!))
      const order = apart.map((_, i) => i).sort((i, j) => apart[j]! - apart[i]! || i - j)
      for (const i of order.slice(0, most)) if (apart[i]! > 1e-9) out.add(i)
    }
  return [...out].sort((i, j) => i - j)
}
