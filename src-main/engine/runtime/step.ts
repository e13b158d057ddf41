/** The part of a trainer that holds weights and state, and renews them: in the device's memory (device-step.ts) or ours (host-step.ts). */
import type { Buffer } from '../nn/params.ts'
import type { Parameter } from '../optim/optimizer.ts'
import type { Tensor } from './session.ts'

/** Tensors by role and name: `w:NAME`, `m:NAME`, `ema:NAME`, `buffer:NAME` … */
export type TrainState = Map<string, Float32Array>

export interface Outcome {
  /** Loss and metrics of the micro-batch. */
  readonly out: Readonly<Record<string, Tensor>>
  /** The norm of the gradients of an update, before clipping. */
  readonly gradNorm?: number
  /** Whether weights and state are those before the update, since the loss or a gradient was not finite. */
  readonly undone?: true
}

export interface Stepper {
  /** Weights, state and buffers, as they are now. */
  readonly state: Readonly<Record<string, Tensor>>
  /**
   * Adds the gradients of a micro-batch to those before it, and applies them where it is the last of its update.
   * @param lr the learning rate of that update; @param steps the updates before it
   */
  run(batch: Readonly<Record<string, Tensor>>, lr: number, steps: number): Promise<Outcome>
  /** Puts a tensor of the state in place. The array is not copied. */
  place(name: string, shape: readonly number[], data: Float32Array): void
  /** Drops gradients that were added up. */
  dropSums(): void
  /** Copies a tensor of the state. */
  read(name: string): Promise<Float32Array>
  release(): Promise<void>
}

/** What both kinds of a step are made for. */
export interface Trained {
  readonly parameters: readonly Parameter[]
  readonly buffers: readonly Buffer[]
}

/** The output that replaces a state input (ONNX requires unique names). */
export const next = (name: string) => `${name}'`
