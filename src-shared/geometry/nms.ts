import type { Box } from '../model/shape.ts'
import { boxIou } from './box.ts'

/**
 * Greedy non-maximum suppression: the indices of the boxes that remain, best first. A box is left out if it overlaps a
 * better one that remains by more than `overlap` (IoU). Of equal scores the earlier is better.
 */
export function suppress(boxes: readonly Box[], scores: ArrayLike<number>, overlap: number): number[] {
  const order = boxes.map((_, i) => i).sort((a, b) => scores[b]! - scores[a]! || a - b)
  const kept: number[] = []
  for (const i of order) if (kept.every((k) => boxIou(boxes[k]!, boxes[i]!) <= overlap)) kept.push(i)
  return kept
}
