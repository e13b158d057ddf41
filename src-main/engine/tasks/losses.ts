import type { Value } from '../graph/graph.ts'
import { add, argmax, cast, div, equal, logSoftmax, mul, neg, reduceMean, reduceSum, transpose, unsqueeze, where } from '../ops/index.ts'

export interface CrossEntropyOptions {
  readonly smoothing?: number
  readonly weight?: Value
  readonly classWeights?: Float32Array
}

/**
 * Mean cross-entropy of logits [B, C] against class indices [B] (int32). Label smoothing ε spreads ε over all classes
 * (torch.nn.CrossEntropyLoss). `weight` [B], if given, weighs the examples and sums to 1 (0 for padding). `classWeights` [C], if
 * given, weigh the terms of the classes, and the sum is divided by the weights of the examples' own classes (its argument `weight`).
 */
export function crossEntropy(logits: Value, labels: Value, { smoothing = 0, weight, classWeights }: CrossEntropyOptions = {}): Value {
  const c = logits.shape[1]!
  const classes = logits.graph.constant(
    Int32Array.from({ length: c }, (_, i) => i),
    'int32',
    [1, c],
  )
  const target = cast(equal(unsqueeze(labels, [1]), classes), 'float32') // [B, C], one-hot
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

/** Fraction of rows whose largest logit is the label's. */
export function accuracy(logits: Value, labels: Value): Value {
  return reduceMean(cast(equal(cast(argmax(logits, { axis: 1 }), 'int32'), labels), 'float32'))
}
