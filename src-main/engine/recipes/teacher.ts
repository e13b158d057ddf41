/**
 * Distillation from the base, so that what it knows is kept: what it says of a picture is held while the tower learns.
 *
 * `logits`, learning without forgetting (Li & Hoiem 2016, eq. 2-4): −Σ y₀ log y of the softened answers y = softmax(z / T) of the old
 * classifier. That is the base's own or, for a model of images and texts, the zero-shot one on the task's classes; it stays as it is,
 * as the texts' tower does, where the paper tunes it too. `features`: half the squared distance of the features (Jung et al. 2016,
 * "Less-forgetting learning in deep neural networks", eq. 2). Both are means over the batch, times the weight λ.
 */
import { userError } from '#shared/errors.ts'
import { sentence } from '#shared/sentences/table.ts'
import type { Graph, Value } from '../graph/graph.ts'
import { imageFeature, type Model } from '../models/model.ts'
import { Params } from '../nn/params.ts'
import { add, div, gemm, logSoftmax, mul, neg, reduceMean, reduceSum, reduceSumSquare, softmax, sub } from '../ops/index.ts'
import type { Tensor } from '../runtime/session.ts'
import type { Head } from '../weights/head.ts'
import { frozenFeatures, knownFeatures } from './frozen.ts'
import { startHead } from './heads.ts'
import type { Regularising } from './regularising.ts'
import type { Run } from './run.ts'
import { unvaried } from './views.ts'

type Distilling = Pick<Regularising, 'distill' | 'distillWeight' | 'distillTemperature'>

export interface Teacher {
  readonly base: Model
  /** The old classifier, where its answers are held. */
  readonly head: Head | undefined
  /** Its features are fed, since pictures are not varied, instead of computed from the pixels in each step. */
  readonly known: boolean
  /** What it says of training images. */
  feeds(rows: readonly number[], step: number): Promise<Record<string, Tensor>>
}

/** Whether the base's features of the training images are computed once for all steps. */
export const teachesKnown = (s: { readonly distill?: string; readonly mix?: string; readonly augmentation?: string }): boolean =>
  (s.distill ?? 'none') !== 'none' && s.augmentation === 'none' && (s.mix ?? 'none') === 'none'

/** Undefined if nothing is distilled. @throws a user error if logits are wanted of a base without a classifier or texts */
export async function teacherOf(
  run: Run,
  s: Distilling & Parameters<typeof teachesKnown>[0],
  drawn: Parameters<typeof frozenFeatures>[2],
): Promise<Teacher | undefined> {
  if (s.distill === 'none') return undefined
  const known = teachesKnown(s) ? await frozenFeatures(run, unvaried, drawn) : undefined
  return {
    base: run.model,
    head: s.distill === 'features' ? undefined : await oldHead(run, s.distill),
    known: known !== undefined,
    feeds: async (rows, step) => (known ? known.feeds(rows, step) : {}),
  }
}

async function oldHead(run: Run, distill: string): Promise<Head> {
  const { head, text, family } = run.model
  if (head && !head.cache && !head.prompts) return head
  if (!text) throw userError(sentence('recipe.no-teacher', { distill, family: family.name }))
  return (await startHead(run, 'zero-shot')).head
}

/** The loss by which a student is held. @param features of the student, [b, dim] @param pixels what both see */
export function teaching(
  { base, head, known }: Omit<Teacher, 'feeds'>,
  s: Distilling,
  { graph, features, pixels }: { readonly graph: Graph; readonly features: Value; readonly pixels: Value },
): Value {
  const frozen = () => imageFeature(base, new Params(graph, base.weights, undefined, { frozen: 'stored' }), pixels)
  const theirs = known ? knownFeatures(graph, features.shape[0]!, base.dim) : frozen()
  const terms: Value[] = []
  if (head) {
    const weight = graph.constant(head.weight, 'float32', [head.classes.length, head.dim])
    const bias = graph.constant(head.bias, 'float32', [head.classes.length])
    const answers = (of: Value) => div(add(gemm(of, weight, undefined, { transB: true }), bias), s.distillTemperature)
    terms.push(neg(reduceMean(reduceSum(mul(softmax(answers(theirs)), logSoftmax(answers(features))), { axes: [1] }))))
  }
  if (s.distill !== 'logits') terms.push(mul(reduceMean(reduceSumSquare(sub(features, theirs), { axes: [1] })), 0.5))
  return mul(terms.reduce(add), s.distillWeight)
}
