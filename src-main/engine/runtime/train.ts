import { Graph, sizeOf } from '../graph/graph.ts'
import { gradients } from '../autodiff.ts'
import type { Buffer } from '../nn/params.ts'
import type { Parameter } from '../optim/optimizer.ts'
import { deviceGraphs, DeviceStep } from './device-step.ts'
import { type Fault, faultIn } from './fault.ts'
import { hostGraph, HostStep } from './host-step.ts'
import { outlining } from './outline.ts'
import { keepsTensors, type Provider, scalarOf, Session, type Tensor } from './session.ts'
import { next, type Stepper, type TrainState } from './step.ts'
import type { Task, TrainOptions } from './task.ts'
import { stateSlots } from './update.ts'

export type { Task, TrainOptions } from './task.ts'
export type { TrainState } from './step.ts'
export type StepMetrics = { loss: number } & Record<string, number>

/**
 * A model in training: batch, weights and rates in; loss, metrics, new weights and state out. Where the device keeps tensors, weights and
 * state stay there and the update is a part of the graph (device-step.ts); elsewhere it is made in place (host-step.ts).
 */
export class Trainer {
  private micro = 0
  /** Number of updates made so far. */
  steps = 0
  /** Why the last step was undone; undefined if it was not. */
  fault: Fault | undefined
  private judge: Session | undefined

  private constructor(
    private readonly task: Task,
    private readonly options: TrainOptions,
    readonly parameters: readonly Parameter[],
    private readonly buffers: readonly Buffer[],
    private readonly stepper: Stepper,
    private readonly metricNames: readonly string[],
  ) {}

  /** Weights start at `initial(name)`, state at zero. */
  static async create(task: Task, initial: (name: string) => Float32Array, options: TrainOptions): Promise<Trainer> {
    const graph = new Graph()
    const { loss, metrics = {}, parameters, buffers = [] } = task.build(graph)
    const weights = parameters.map((p) => graph.inputs.find((v) => v.name === `w:${p.name}`)!)
    const grads = gradients(loss, weights, options)
    graph.output('loss', loss)
    for (const [name, value] of Object.entries(metrics)) graph.output(name, value)
    for (const b of buffers) graph.output(next(`buffer:${b.name}`), b.next)
    const slots = stateSlots(options)
    const trained = { parameters, buffers }
    const onDevice = keepsTensors(options.session?.provider ?? 'cpu')
    const apply = onDevice ? deviceGraphs(graph, trained, weights, grads, options) : hostGraph(graph, trained, grads)
    outlining()?.steps({
      graphs: apply ? [graph, apply] : [graph],
      parameters,
      slots: slots.length + Number((options.accumulate ?? 1) > 1),
    })

    const stepper = onDevice ? await DeviceStep.create(graph, apply, trained, options) : await HostStep.create(graph, trained, options)
    const trainer = new Trainer(task, options, parameters, buffers, stepper, ['loss', ...Object.keys(metrics)])
    for (const { name, shape } of parameters)
      for (const slot of slots)
        stepper.place(`${slot}:${name}`, shape, slot === 'w' || slot === 'ema' ? initial(name).slice() : new Float32Array(sizeOf(shape)))
    for (const { name, shape } of buffers) stepper.place(`buffer:${name}`, shape, initial(name).slice())
    stepper.dropSums()
    return trainer
  }

  get provider(): Provider {
    return this.options.session?.provider ?? 'cpu'
  }

  /**
   * Runs one micro-batch, and the update if it completes one. `lr` is the learning rate of that update. If the loss or a
   * gradient is not finite, weights and state are those before the update, and `fault` says what was wrong.
   */
  async step(batch: Readonly<Record<string, Tensor>>, lr: number): Promise<StepMetrics> {
    this.fault = undefined
    const { out, gradNorm, undone } = await this.stepper.run(batch, lr, this.steps)
    const metrics = Object.fromEntries(this.metricNames.map((name) => [name, scalarOf(out[name]!)])) as StepMetrics
    if (gradNorm !== undefined) metrics['gradNorm'] = gradNorm
    if (undone) {
      this.micro = 0
      const { session } = this.options
      this.fault = await faultIn(this.task, await this.exportWeights(), { ...this.weights(), ...batch }, metrics.loss, session)
    } else if (++this.micro === (this.options.accumulate ?? 1)) {
      this.micro = 0
      this.steps++
    }
    return metrics
  }

  /** Loss and metrics of a batch by the current weights, or by their moving average, without a step. */
  async measure(batch: Readonly<Record<string, Tensor>>, { ema = false } = {}): Promise<StepMetrics> {
    if (!this.judge) {
      const graph = new Graph()
      const { loss, metrics = {} } = this.task.build(graph)
      for (const [name, value] of Object.entries({ loss, ...metrics })) graph.output(name, value)
      this.judge = await Session.create(graph, this.options.session)
    }
    const out = await this.judge.run({ ...this.weights({ ema }), ...batch })
    return Object.fromEntries(Object.entries(out).map(([name, t]) => [name, scalarOf(t)])) as StepMetrics
  }

  /**
   * The current weights and buffers where they lie, as feeds for an inference session; with `ema`, the moving average of
   * the weights if one is tracked. Valid until the next step.
   */
  weights({ ema = false } = {}): Record<string, Tensor> {
    const { state } = this.stepper
    const slot = ema && this.options.ema ? 'ema' : 'w'
    return Object.fromEntries([
      ...this.parameters.map(({ name }) => [`w:${name}`, state[`${slot}:${name}`]!] as const),
      ...this.buffers.map(({ name }) => [`buffer:${name}`, state[`buffer:${name}`]!] as const),
    ])
  }

  /** Copies everything that the next update depends on. */
  async snapshot(): Promise<TrainState> {
    const copy: TrainState = new Map()
    for (const name of Object.keys(this.stepper.state)) if (!name.startsWith('g:')) copy.set(name, await this.stepper.read(name))
    return copy
  }

  /** Weights and buffers by name; with `ema`, those of the moving average if one is tracked. */
  async exportWeights({ ema = false } = {}): Promise<Map<string, Float32Array>> {
    const slot = ema && this.options.ema ? 'ema' : 'w'
    const weights = new Map<string, Float32Array>()
    for (const { name } of this.parameters) weights.set(name, await this.stepper.read(`${slot}:${name}`))
    for (const { name } of this.buffers) weights.set(name, await this.stepper.read(`buffer:${name}`))
    return weights
  }

  /** Continues from a copy of a snapshot taken between updates. */
  restore(state: TrainState, steps: number): void {
    const { parameters, buffers, stepper, options } = this
    const tensors = [
      ...parameters.flatMap(({ name, shape }) => stateSlots(options).map((slot) => [`${slot}:${name}`, shape] as const)),
      ...buffers.map(({ name, shape }) => [`buffer:${name}`, shape] as const),
    ]
    for (const [name, shape] of tensors) stepper.place(name, shape, state.get(name)!.slice())
    stepper.dropSums()
    this.steps = steps
    this.micro = 0
  }

  async release(): Promise<void> {
    await this.stepper.release()
    await this.judge?.release()
  }
}
