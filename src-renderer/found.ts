/** What a model found in an image, and how much of it is shown. */
import { suppress } from '#shared/geometry/nms.ts'
import type { BoxTuple } from '#shared/model/preview.ts'
import type { Rle } from '#shared/model/shape.ts'

export interface Found {
  /** The word that it was found by; '' for what is like a region without a label. */
  readonly label: string
  readonly labelId: number | null
  /** 0 to 1. */
  readonly score: number
  readonly box: BoxTuple
  /** Absent if only a box was found. */
  readonly mask?: Rle | undefined
}

export interface Sieve {
  /** Scores below it are not shown. */
  readonly threshold: number
  /** Of boxes of a label that overlap by more than this (IoU), the best is shown; 1 shows all. */
  readonly overlap: number
  /** Number of each label at most; 0: any number. */
  readonly most: number
}

/**
 * Indices of what is left of each label after suppression, the best first. Whatever the threshold: what suppresses another has the
 * higher score.
 */
export function thinned(found: readonly Found[], overlap: number): number[] {
  const all = found.map((_, i) => i)
  const byScore = (a: number, b: number) => found[b]!.score - found[a]!.score || a - b
  if (overlap >= 1) return all.sort(byScore)
  const labels = new Map<string, number[]>()
  for (const i of all) {
    const { label } = found[i]!
    const same = labels.get(label)
    if (same) same.push(i)
    else labels.set(label, [i])
  }
  return [...labels.values()]
    .flatMap((own) =>
      suppress(
        own.map((i) => ({ x: found[i]!.box[0], y: found[i]!.box[1], w: found[i]!.box[2], h: found[i]!.box[3] })),
        own.map((i) => found[i]!.score),
        overlap,
      ).map((k) => own[k]!),
    )
    .sort(byScore)
}

/** Of {@link thinned} indices those that reach the threshold, at most so many of each label. */
export function sifted(found: readonly Found[], order: readonly number[], { threshold, most }: Sieve): number[] {
  const counts = new Map<string, number>()
  return order.filter((i) => {
    const { label, score } = found[i]!
    if (score < threshold) return false
    const n = (counts.get(label) ?? 0) + 1
    counts.set(label, n)
    return !most || n <= most
  })
}
