import type { Graph, Value } from '../graph/graph.ts'
import type { Buffer } from '../nn/params.ts'
import type { Optimizer, Parameter } from '../optim/optimizer.ts'
import type { SessionOptions } from './session.ts'

/** The trained model: appends the loss to a graph. Parameters are its inputs `w:NAME` (nn/params.ts). */
export interface Task {
  /** `loss` is a scalar; `metrics` are scalars to report at each step. */
  build(graph: Graph): {
    loss: Value
    metrics?: Record<string, Value>
    parameters: readonly Parameter[]
    /** Tensors that each micro-batch updates without a gradient; inputs `buffer:NAME`. */
    buffers?: readonly Buffer[]
  }
}

export interface TrainOptions {
  readonly optimizer: Optimizer
  /** Gradients are scaled down to this global norm. */
  readonly clipNorm?: number
  /** Number of micro-batches whose gradients are averaged for one update. */
  readonly accumulate?: number
  /** Decay of an exponential moving average of the weights, tracked in addition. */
  readonly ema?: number
  /** Upper bounds of parameters, enforced after the update (CLIP's logit_scale ≤ ln 100). */
  readonly max?: Readonly<Record<string, number>>
  /** Values within blocks of the model are computed anew for the gradient, which takes less memory and more time (autodiff.ts). */
  readonly checkpointing?: boolean
  readonly session?: SessionOptions
}
