/** A task: what is asked of a model, from annotations to a loss. Recipes, evaluation and pre-training are written against these records. */
import type { Capability } from '#shared/model/capability.ts'
import type { Accepted, Target, TargetOf } from '#shared/model/target.ts'
import type { Words } from '#shared/model/words.ts'
import type { Graph, Value } from '../graph/graph.ts'
import type { Tensor } from '../runtime/session.ts'
import type { Examples, ExamplesOptions } from './examples.ts'

type Values = Readonly<Record<string, Value>>

export interface TaskRecord<K extends Target['kind'] = Target['kind'], I extends Values = Values, O = never> {
  readonly id: string
  readonly title: Words
  /** What a model must be able to do. */
  readonly needs: readonly Capability[]
  readonly targets: K
  /** What an image teaches; null where it teaches nothing, or nothing definite. */
  target(accepted: Accepted): TargetOf<K> | null
  /** Which of `n` examples each step takes. */
  examples(n: number, options: ExamplesOptions): Examples
  /** Graph inputs for the targets of `b` examples. */
  inputs(graph: Graph, b: number): I
  /** What is fed to those inputs. */
  feeds(targets: readonly TargetOf<K>[]): Record<keyof I & string, Tensor>
  /** A scalar: the mean over the examples. */
  loss(logits: Value, inputs: I, options?: O): Value
  /** Scalars that are worth watching beside the loss. */
  metrics(logits: Value, inputs: I): Record<string, Value>
}

export const defineTask = <const K extends Target['kind'], I extends Values, O, X extends object>(
  task: TaskRecord<K, I, O> & X,
): TaskRecord<K, I, O> & X => task
