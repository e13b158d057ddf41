/** Image classification with one class per image. */
import { accuracy as share } from '../metrics/accuracy.ts'
import type { SplitPredictions } from '#shared/model/job.ts'
import { tensor } from '../runtime/session.ts'
import { shuffled } from './examples.ts'
import { accuracy, crossEntropy, type CrossEntropyOptions } from './losses.ts'
import { defineTask } from './task.ts'

export const classify = defineTask({
  id: 'classify',
  title: { en: 'Classification', ja: '分類' },
  needs: ['embedImage'],
  targets: 'class',
  /** An image with several labels has no single class: it is skipped rather than assigned one of them at random. */
  target: ({ labels = [] }) => (labels.length === 1 ? { kind: 'class', class: labels[0]! } : null),
  examples: shuffled,
  inputs: (graph, b) => ({ labels: graph.input('labels', 'int32', [b]) }),
  feeds: (targets) => ({
    labels: tensor(
      Int32Array.from(targets, (t) => t.class),
      'int32',
      [targets.length],
    ),
  }),
  /** @param logits [B, C] */
  loss: (logits, { labels }, options: Pick<CrossEntropyOptions, 'smoothing' | 'classWeights' | 'mixed'> = {}) =>
    crossEntropy(logits, labels, options),
  metrics: (logits, { labels }) => ({ accuracy: accuracy(logits, labels) }),
  /** Predictions of a split from its logits [n, classes]. */
  measure: (logits: Float32Array<ArrayBuffer>, labels: Int32Array<ArrayBuffer>, classes: number): SplitPredictions => ({
    n: labels.length,
    accuracy: labels.length ? share({ classes, labels, logits }) : 0,
    labels,
    logits,
  }),
})
