/** The orders in which proposals are reviewed. */
import type { QueuedProposal } from '#shared/model/review.ts'

/** By how uncertain the model is, by score (the surest first), or as the images are shown. */
export const queueOrders = ['uncertain', 'score', 'image'] as const
export type QueueOrder = (typeof queueOrders)[number]

/** `uncertain` is the order in which they came. */
export function inOrder(proposals: readonly QueuedProposal[], order: QueueOrder, places: ReadonlyMap<number, number>): QueuedProposal[] {
  const place = (p: QueuedProposal) => places.get(p.mediaId) ?? Infinity
  const by: Record<QueueOrder, (a: QueuedProposal, b: QueuedProposal) => number> = {
    uncertain: () => 0,
    score: (a, b) => b.score - a.score,
    image: (a, b) => place(a) - place(b) || b.score - a.score,
  }
  return [...proposals].sort(by[order])
}
