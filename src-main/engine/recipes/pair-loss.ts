/** The losses of recipes that train on one caption an image. */
import type { Model } from '../models/model.ts'
import { add } from '../ops/index.ts'
import type { Graph } from '../graph/graph.ts'
import { sigmoidPairs, softmaxPairs, softTargetPairs } from '../tasks/losses.ts'
import type { CaptionRecipe } from './caption-tune.ts'
import type { OwnTensor } from './overlay.ts'
import { sameFeed, targetFeeds } from './pairs.ts'

/** The bias of a model that brings none, while it is trained by the sigmoid loss. */
const BIAS = 'logit_bias'

/** The loss that the settings choose; for the sigmoid one of a model without a bias, with a scale and a bias to begin with. */
export function pairLossOf(
  model: Model,
  s: { readonly loss: 'softmax' | 'sigmoid'; readonly temperature: number; readonly bias: number },
): Pick<CaptionRecipe, 'loss' | 'feeds' | 'own'> {
  const same = (graph: Pick<Graph, 'input'>, n: number) => graph.input('same', 'bool', [n, n])
  const feeds: CaptionRecipe['feeds'] = sameFeed
  if (s.loss === 'softmax')
    return { feeds, loss: (_, graph, { logits }, share) => softmaxPairs(logits, { same: same(graph, share.shape[0]!), share }) }
  const names = model.similarity?.tensors
  const own = new Map<string, OwnTensor>()
  if (names && !names.bias) {
    own.set(names.scale, { shape: model.weights.info(names.scale).shape, data: Float32Array.of(Math.log(s.temperature)) })
    own.set(BIAS, { shape: [1], data: Float32Array.of(s.bias) })
  }
  return {
    ...{ feeds, own },
    loss: (p, graph, { logits }, share) =>
      sigmoidPairs(own.size ? add(logits, p.get(BIAS, [1])) : logits, { same: same(graph, share.shape[0]!), share }),
  }
}

/** The loss of recipes that learn from labels as well. */
export const softTargetLoss: Pick<CaptionRecipe, 'loss' | 'feeds'> = {
  feeds: targetFeeds,
  loss(_, graph, { logits }, share) {
    const n = share.shape[0]!
    return softTargetPairs(logits, { targets: graph.input('targets', 'float32', [n, n]), same: graph.input('same', 'bool', [n, n]), share })
  },
}
