/**
 * Grounding of captions' words in the regions of images, learned from captions alone: Ghiasi et al. 2022, "Scaling
 * open-vocabulary image segmentation with image-level labels" (OpenSeg), §3.2.
 */
import type { Value } from '../graph/graph.ts'
import { add, gemm, l2Normalize, matmul, mul, reduceSum, reshape, softmax } from '../ops/index.ts'
import type { CaptionTask } from './task.ts'

export const ground: CaptionTask = {
  id: 'ground',
  title: { en: 'Words and regions', ja: '単語と領域の対応' },
  needs: ['segment', 'embedText'],
  targets: 'words',
  masks: true,
  target: ({ captions = [], group = -1 }) => (captions.length ? { kind: 'words', texts: captions, group } : null),
}

interface Grounded {
  /** Embeddings of the patches of B images, [B, P, D], not normalised. */
  readonly patches: Value
  /** The share of each patch in each of R regions, [B, R, P]: a region's shares sum to 1. */
  readonly regions: Value
  /** 0 for a region, −1e9 for a row that is none, [B, R, 1]. */
  readonly absent: Value
  /** Embeddings of K words of each caption, [B·K, D], one caption's after the other's; of any length but 0. */
  readonly words: Value
  /** The share of each word in its caption, [B, K]: 1 / their number, and 0 for a row that is none. */
  readonly shares: Value
  /** What cosines are multiplied by: 1 / τ. */
  readonly scale: Value
}

/**
 * How well each caption's words are found in each image, divided by the temperature: [B images, B captions]. A region z is the
 * mean of its patches; each word w looks at the regions that are like it, and a caption's score is the mean over its words:
 *
 *     G(image, caption) = 1/K · Σ_w Σ_z softmax_z(cos(z, w) / τ) · cos(z, w)
 */
export function groundingLogits({ patches, regions, absent, words, shares, scale }: Grounded): Value {
  const [b, r] = regions.shape as [number, number]
  const k = shares.shape[1]!
  const z = l2Normalize(reshape(matmul(regions, patches), [b * r, patches.shape[2]!]))
  const cosines = reshape(gemm(z, l2Normalize(words), undefined, { transB: true }), [b, r, b * k])
  const looks = softmax(add(mul(cosines, scale), absent), { axis: 1 })
  const found = reshape(reduceSum(mul(looks, cosines), { axes: [1] }), [b, b, k])
  return mul(reduceSum(mul(found, reshape(shares, [1, b, k])), { axes: [2] }), scale)
}
