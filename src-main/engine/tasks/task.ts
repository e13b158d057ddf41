/**
 * A task: targets from annotations, loss and metrics. Recipes, evaluation and pre-training are written against these
 * records.
 */
import type { Capability } from '#shared/model/capability.ts'
import type { Accepted, Target, TargetOf } from '#shared/model/target.ts'
import type { Words } from '#shared/model/words.ts'
import type { Graph, Value } from '../graph/graph.ts'
import type { Tensor } from '../runtime/session.ts'
import type { Examples, ExamplesOptions } from './examples.ts'

/** A task whose targets are regions. Training matches them with predictions between a forward pass and a step. */
export interface RegionTask<K extends 'boxes' | 'masks' = 'boxes' | 'masks'> {
  readonly id: string
  readonly title: Words
  /** Capabilities that a model must have. */
  readonly needs: readonly Capability[]
  readonly targets: K
  /** Whether a region that is only a box counts as a mask of all its pixels; it is left out otherwise. */
  readonly boxesAreMasks?: boolean
  /** The targets in an image; null if it has none. */
  target(accepted: Accepted): TargetOf<K> | null
}

/** A task whose targets are captions, with loss and batches of its own. */
export interface CaptionTask {
  readonly id: string
  readonly title: Words
  /** Capabilities that a model must have. */
  readonly needs: readonly Capability[]
  readonly targets: 'words'
  /** Whether accepted masks are given with the captions. */
  readonly masks?: boolean
  /** Whether the accepted label of an image is given with its captions, and images are that have only one. */
  readonly labels?: boolean
  /** Whether captions with phrases tied to regions are given in another order of words too. */
  readonly swaps?: boolean
  /** The captions of an image; null if it has none. */
  target(accepted: Accepted): TargetOf<'words'> | null
}

export type AnyRegionTask = RegionTask<'boxes'> | RegionTask<'masks'>

type Values = Readonly<Record<string, Value>>

export interface TaskRecord<K extends Target['kind'] = Target['kind'], I extends Values = Values, O = never> {
  readonly id: string
  readonly title: Words
  /** Capabilities that a model must have. */
  readonly needs: readonly Capability[]
  readonly targets: K
  /** The training target of an image; null if it has none or an ambiguous one. */
  target(accepted: Accepted): TargetOf<K> | null
  /** The order in which `n` examples are drawn. */
  examples(n: number, options: ExamplesOptions): Examples
  /** Graph inputs for the targets of `b` examples. */
  inputs(graph: Graph, b: number): I
  /** Values of those inputs. */
  feeds(targets: readonly TargetOf<K>[]): Record<keyof I & string, Tensor>
  /** A scalar: the mean loss over the examples. */
  loss(logits: Value, inputs: I, options?: O): Value
  /** Scalars to report besides the loss. */
  metrics(logits: Value, inputs: I): Record<string, Value>
}

export const defineTask = <const K extends Target['kind'], I extends Values, O, X extends object>(
  task: TaskRecord<K, I, O> & X,
): TaskRecord<K, I, O> & X => task
