/**
 * L2-SP (Li, Grandvalet & Davoine 2018, "Explicit inductive bias for transfer learning with convolutional networks", eq. 3):
 * Ω(w) = α/2 ‖w − w⁰‖² over the tensors that the base has too + β/2 ‖w‖² over the new classifier. It is a term of the loss, as in
 * the paper and its code (holyseven/TransferLearningClassification), so that AdamW's moments contain its gradient; drawing weights
 * towards w⁰ beside the moments, as decoupled decay draws them towards 0, would be another method. It takes the place of weight decay.
 */
import type { Graph, Value } from '../graph/graph.ts'
import { Params, type WeightSource } from '../nn/params.ts'
import { add, mul, reduceSumSquare, sub } from '../ops/index.ts'
import type { Parameter } from '../optim/optimizer.ts'
import type { Anchoring } from './regularising.ts'

/** Ω of trained tensors, of which those that are not in `base` are the classifier's. */
export function startPenalty(
  graph: Graph,
  trained: readonly Parameter[],
  base: WeightSource,
  { l2spAlpha, l2spBeta }: Pick<Anchoring, 'l2spAlpha' | 'l2spBeta'>,
): Value {
  const start = new Params(graph, base, undefined, { frozen: 'stored' })
  const terms = trained.map(({ name, shape }) => {
    const w = graph.inputs.find((input) => input.name === `w:${name}`)!
    return base.has(name) ? mul(reduceSumSquare(sub(w, start.get(name, shape))), l2spAlpha / 2) : mul(reduceSumSquare(w), l2spBeta / 2)
  })
  return terms.reduce(add)
}
