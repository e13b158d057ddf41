import type { Value } from '../graph/graph.ts'
import { binaryCrossEntropy } from './region-losses.ts'
import {
  add,
  argmax,
  cast,
  concat,
  div,
  equal,
  gemm,
  l2Normalize,
  logSoftmax,
  mul,
  neg,
  reduceMean,
  reduceSum,
  sub,
  transpose,
  unsqueeze,
  where,
} from '../ops/index.ts'

export interface CrossEntropyOptions {
  readonly smoothing?: number
  readonly weight?: Value
  readonly classWeights?: Float32Array
  readonly mixed?: Mixed
}

/** Targets that are a share of one class and the rest of another: `share`, a scalar, and the other classes [B] (int32). */
export interface Mixed {
  readonly share: Value
  readonly partners: Value
}

/**
 * Mean cross-entropy of logits [B, C] against class indices [B] (int32). Label smoothing ε spreads ε over all classes
 * (torch.nn.CrossEntropyLoss). `weight` [B], if given, weighs the examples and sums to 1 (0 for padding). `classWeights` [C], if
 * given, weigh the terms of the classes, and the sum is divided by the weights of the examples' own classes (its argument `weight`).
 * Of `mixed` examples, the target is the mixture of both classes, which is then smoothed and weighed.
 */
export function crossEntropy(logits: Value, labels: Value, o: CrossEntropyOptions = {}): Value {
  const { smoothing = 0, weight, classWeights, mixed } = o
  const c = logits.shape[1]!
  const classes = logits.graph.constant(
    Int32Array.from({ length: c }, (_, i) => i),
    'int32',
    [1, c],
  )
  const oneHot = (of: Value) => cast(equal(unsqueeze(of, [1]), classes), 'float32') // [B, C]
  const target = mixed ? add(mul(oneHot(labels), mixed.share), mul(oneHot(mixed.partners), sub(1, mixed.share))) : oneHot(labels)
  const soft = smoothing ? add(mul(target, 1 - smoothing), smoothing / c) : target
  if (classWeights) {
    const weights = logits.graph.constant(classWeights, 'float32', [1, c])
    const sum = neg(reduceSum(mul(mul(soft, weights), logSoftmax(logits))))
    return div(sum, reduceSum(mul(target, weights)))
  }
  const each = neg(reduceSum(mul(soft, logSoftmax(logits)), { axes: [1] })) // [B]
  return weight ? reduceSum(mul(each, weight)) : reduceMean(each)
}

/**
 * Symmetric contrastive loss (Radford et al. 2021, figure 3) on logits [B, B], image i matching text i: the mean of
 * the two cross-entropies. `same` [B, B] (bool) marks other matching pairs; they are excluded from the sums, so that
 * they count neither as positives nor as negatives.
 */
export function contrastive(logits: Value, same?: Value): Value {
  const b = logits.shape[0]!
  const own = logits.graph.constant(
    Int32Array.from({ length: b }, (_, i) => i),
    'int32',
    [b],
  )
  const masked = same ? where(same, -1e9, logits) : logits
  return mul(add(crossEntropy(masked, own), crossEntropy(transpose(masked, [1, 0]), own)), 0.5)
}

/**
 * Pairs of a batch for contrastive losses. `same` [B, B] (bool) marks pairs that match but are not each other's own: they count neither
 * as positives nor as negatives. `share` [B] (float32) weighs the examples and sums to 1.
 */
interface Pairing {
  readonly same: Value
  readonly share: Value
}

/** {@link contrastive} with weighed examples: with equal shares it is the same. */
export function softmaxPairs(logits: Value, { same, share }: Pairing): Value {
  const b = logits.shape[0]!
  const own = logits.graph.constant(
    Int32Array.from({ length: b }, (_, i) => i),
    'int32',
    [b],
  )
  const masked = where(same, -1e9, logits)
  return mul(add(crossEntropy(masked, own, { weight: share }), crossEntropy(transpose(masked, [1, 0]), own, { weight: share })), 0.5)
}

/**
 * Pairwise sigmoid loss (Zhai et al. 2023, "Sigmoid loss for language image pre-training", §3.2, algorithm 1): −Σ log σ(z · logit) / B over
 * all pairs of logits [B, B], z = 1 for an image with its own text and −1 for others. Pairs marked as `same` are left out; the terms of
 * an image weigh its share.
 */
export function sigmoidPairs(logits: Value, { same, share }: Pairing): Value {
  const b = logits.shape[0]!
  const own = logits.graph.constant(
    Float32Array.from({ length: b * b }, (_, i) => Number(i % (b + 1) === 0)),
    'float32',
    [b, b],
  )
  const each = where(same, 0, binaryCrossEntropy(logits, own))
  return reduceSum(mul(reduceSum(each, { axes: [1] }), share))
}

/**
 * Bidirectional contrastive loss with several positives (Yang et al. 2022, "Unified contrastive learning in image-text-label space", eq.
 * 2-4; microsoft/UniCL): cross-entropy of logits [B, B] against `targets` [B, B], a symmetric matrix whose rows sum to 1: equal shares
 * for all texts that an image matches. The mean of both directions, each a mean over the examples weighed by `share`.
 */
export function softTargetPairs(logits: Value, { targets, same, share }: Pairing & { readonly targets: Value }): Value {
  const masked = where(same, -1e9, logits)
  const along = (x: Value) => reduceSum(mul(neg(reduceSum(mul(targets, logSoftmax(x)), { axes: [1] })), share))
  return mul(add(along(masked), along(transpose(masked, [1, 0]))), 0.5)
}

/**
 * NT-Xent of two views of the same images, [B, D] each (Chen et al. 2020, "A simple framework for contrastive learning of visual
 * representations", eq. 1): each finds the other among all views of the batch but itself.
 */
export function ntXent(a: Value, b: Value, temperature: number): Value {
  const n = a.shape[0]!
  const { graph } = a
  const views = l2Normalize(concat([a, b], { axis: 0 }))
  const itself = graph.constant(
    Float32Array.from({ length: 4 * n * n }, (_, i) => (i % (2 * n + 1) === 0 ? -1e9 : 0)),
    'float32',
    [2 * n, 2 * n],
  )
  const others = graph.constant(
    Int32Array.from({ length: 2 * n }, (_, i) => (i + n) % (2 * n)),
    'int32',
    [2 * n],
  )
  return crossEntropy(add(div(gemm(views, views, undefined, { transB: true }), temperature), itself), others)
}

/** Fraction of rows whose largest logit is the label's. */
export function accuracy(logits: Value, labels: Value): Value {
  return reduceMean(cast(equal(cast(argmax(logits, { axis: 1 }), 'int32'), labels), 'float32'))
}
