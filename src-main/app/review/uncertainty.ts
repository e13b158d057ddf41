/** How uncertain models are of their proposals (uncertainty sampling: Settles 2009, Active Learning Literature Survey, §3.1). */
import { boxIou, shapeBox } from '#shared/geometry/box.ts'
import type { QueuedProposal, Uncertainty } from '#shared/model/review.ts'
import type { Box } from '#shared/model/shape.ts'
import { shape } from '#shared/model/shape.ts'
import { openProposals, type OpenProposal } from '../../db/review.ts'
import type { Project } from '../projects/index.ts'

/** Boxes that overlap by more (IoU) are about the same place. */
const SAME_PLACE = 0.5

/** The proposals of models on these images, the most uncertain first; equals as the images are in order. */
export function uncertainProposals(project: Project, mediaIds: readonly number[], how: Uncertainty): QueuedProposal[] {
  const found = openProposals(project.db, mediaIds, { shapes: how.measure !== 'threshold' })
  const place = new Map(mediaIds.map((id, i) => [id, i]))
  const rivals = how.measure === 'threshold' ? () => [] : rivalsIn(found)
  return found
    .map(({ kind, id, mediaId, labelId, score, checkpoint, prompt }, i) => ({
      ...{ kind, id, mediaId, labelId, score, checkpoint, prompt },
      uncertainty: uncertaintyOf(score, rivals(i), how),
    }))
    .sort((a, b) => b.uncertainty - a.uncertainty || place.get(a.mediaId)! - place.get(b.mediaId)! || a.id - b.id)
}

/** @param rivals the scores of other labels at the same place */
export function uncertaintyOf(score: number, rivals: readonly number[], { measure, threshold }: Uncertainty): number {
  if (measure === 'threshold') return 1 - Math.abs(score - threshold) / Math.max(threshold, 1 - threshold)
  if (measure === 'margin') return 1 - Math.abs(score - Math.max(0, ...rivals))
  return entropy([score, ...rivals])
}

/**
 * Of the labels and of "none of them", whose share is what the scores leave of 1; as a share of the largest that is
 * possible with so many.
 */
function entropy(scores: readonly number[]): number {
  const sum = scores.reduce((s, x) => s + x, 0)
  const shares = [...scores, Math.max(0, 1 - sum)].map((x) => x / Math.max(1, sum))
  const bits = shares.reduce((h, p) => (p > 0 ? h - p * Math.log(p) : h), 0)
  return Math.min(1, bits / Math.log(shares.length))
}

/** For each proposal the best score of each other label that the same checkpoint proposes for the same place. */
function rivalsIn(found: readonly OpenProposal[]): (i: number) => number[] {
  const boxes = found.map(boxOf)
  const groups = new Map<string, number[]>()
  const keyOf = ({ kind, mediaId, checkpoint }: OpenProposal) => `${mediaId} ${kind} ${checkpoint}`
  found.forEach((p, i) => groups.set(keyOf(p), [...(groups.get(keyOf(p)) ?? []), i]))
  return (i) => {
    const own = found[i]!
    const best = new Map<number | null, number>()
    for (const k of groups.get(keyOf(own))!) {
      const other = found[k]!
      if (other.labelId === own.labelId || !samePlace(boxes[i], boxes[k])) continue
      best.set(other.labelId, Math.max(best.get(other.labelId) ?? 0, other.score))
    }
    return [...best.values()]
  }
}

/** Labels of an image have no box: they are all about the same place. */
const samePlace = (a: Box | undefined, b: Box | undefined) => (a && b ? boxIou(a, b) > SAME_PLACE : a === b)

function boxOf({ shape: text }: OpenProposal): Box | undefined {
  if (text === null) return undefined
  try {
    return shapeBox(shape.parse(JSON.parse(text)))
  } catch {
    return { x: NaN, y: NaN, w: 0, h: 0 } // a damaged row is at no place
  }
}
