/** Segmentation by words: which pixels of an image a label means. */
import type { Value } from '../graph/graph.ts'
import { add, mul, reduceMean, reshape } from '../ops/index.ts'
import { binaryCrossEntropy, dice } from './region-losses.ts'
import type { RegionTask } from './task.ts'

/** Weight of the pixels' cross-entropy beside dice: few pixels belong to an object, so its mean is small. */
const CROSS_ENTROPY = 2

export const segment: RegionTask<'masks'> = {
  id: 'segment',
  title: { en: 'Segmentation', ja: 'セグメンテーション' },
  needs: ['segment'],
  targets: 'masks',
  /** An image without regions may be one that nobody labelled yet, so nothing is learned from it. */
  target: ({ masks = [] }) => (masks.length ? { kind: 'masks', masks } : null),
}

/**
 * Mean dice loss of the masks plus {@link CROSS_ENTROPY} times the mean cross-entropy of their pixels, each word of each image
 * one mask: logits and targets (0 or 1) [R, h, w]. A word that the image does not show has an empty mask.
 */
export function maskLoss(
  logits: Value,
  wanted: Value,
  { crossEntropy = CROSS_ENTROPY } = {},
): { readonly loss: Value; readonly overlap: Value; readonly pixelwise: Value } {
  const flat = (x: Value) => reshape(x, [x.shape[0]!, x.shape[1]! * x.shape[2]!])
  const overlap = reduceMean(dice(flat(logits), flat(wanted)))
  const pixelwise = reduceMean(binaryCrossEntropy(logits, wanted))
  return { loss: add(overlap, mul(pixelwise, crossEntropy)), overlap, pixelwise }
}
