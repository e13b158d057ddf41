import { Graph, sizeOf } from '../graph/graph.ts'
import { gradients } from '../autodiff.ts'
import type { Buffer } from '../nn/params.ts'
import { add, mul, stopGradient, zeros } from '../ops/index.ts'
import type { Parameter } from '../optim/optimizer.ts'
import { type Fault, faultIn } from './fault.ts'
import { outlining } from './outline.ts'
import { keepsTensors, type Provider, scalarOf, Session, type Tensor, tensor } from './session.ts'
import type { Task, TrainOptions } from './task.ts'
import { appendUpdate, next, normIsFinite, scalarTensors, stateSlots } from './update.ts'

export type { Task, TrainOptions } from './task.ts'

/** State tensors by role and parameter: `w:NAME`, `m:NAME`, `ema:NAME`, `g:NAME` … */
export type TrainState = Map<string, Float32Array>
export type StepMetrics = { loss: number } & Record<string, number>

/**
 * A training step as one session: batch, weights, optimiser state and rates in; loss, metrics, new weights and state
 * out. On WebGPU weights and state stay on the device. Elsewhere onnxruntime writes them into the arrays of the step before;
 * but its binding returns copies besides (onnxruntime-node 1.30; microsoft/onnxruntime#32346 would end that), so that a step
 * leaves as many bytes of garbage. With accumulation, a first session adds up gradients and a second applies them.
 */
export class Trainer {
  private state: Record<string, Tensor> = {}
  private spare: Record<string, Tensor> | undefined
  private reader: Session | undefined
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
    private readonly gradientStep: Session,
    private readonly update: Session | undefined,
    /** Metric outputs, excluding the state. */
    private readonly metricNames: readonly string[],
    private readonly buffers: readonly Buffer[],
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
    const renewed = buffers.map((b) => next(`buffer:${b.name}`))
    const slots = stateSlots(options)
    const replaced = parameters.flatMap((p) => slots.map((slot) => next(`${slot}:${p.name}`)))

    let apply: Graph | undefined
    if ((options.accumulate ?? 1) > 1) {
      const sums = parameters.map((p, i) => add(graph.input(`g:${p.name}`, 'float32', p.shape), grads[i]!))
      parameters.forEach((p, i) => graph.output(next(`g:${p.name}`), sums[i]!))
      const own = (apply = new Graph())
      const means = parameters.map((p) => mul(own.input(`g:${p.name}`, 'float32', p.shape), 1 / options.accumulate!))
      const again = parameters.map((p) => own.input(`w:${p.name}`, 'float32', p.shape))
      appendUpdate(own, parameters, again, means, options)
      // Gradient sums are reset on the device, without a transfer.
      parameters.forEach((p, i) => own.output(next(`g:${p.name}`), zeros(again[i]!, p.shape)))
    } else appendUpdate(graph, parameters, weights, grads, options)
    outlining()?.steps({ graphs: apply ? [graph, apply] : [graph], parameters, slots: slots.length + (apply ? 1 : 0) })
    const sumsToo = parameters.map((p) => next(`g:${p.name}`))
    const update = apply && (await Session.create(apply, { ...options.session, keepOnDevice: [...replaced, ...sumsToo] }))

    const step = await Session.create(graph, {
      ...options.session,
      keepOnDevice: [...(update ? parameters.map((p) => next(`g:${p.name}`)) : replaced), ...renewed],
    })
    const names = ['loss', ...Object.keys(metrics), ...(update ? [] : ['gradNorm'])]
    const trainer = new Trainer(task, options, parameters, step, update, names, buffers)
    const zero = (p: Parameter) => new Float32Array(sizeOf(p.shape))
    const start: TrainState = new Map()
    for (const p of parameters) {
      for (const slot of slots) start.set(`${slot}:${p.name}`, slot === 'w' || slot === 'ema' ? initial(p.name) : zero(p))
      if (update) start.set(`g:${p.name}`, zero(p))
    }
    for (const b of buffers) start.set(`buffer:${b.name}`, initial(b.name))
    trainer.restore(start, 0)
    return trainer
  }

  get provider(): Provider {
    return this.gradientStep.provider
  }

  /**
   * Runs one micro-batch, and the update if it completes one. `lr` is the learning rate of that update. If the loss or a
   * gradient is not finite, weights and state are those before the update, and `fault` says what was wrong.
   */
  async step(batch: Readonly<Record<string, Tensor>>, lr: number): Promise<StepMetrics> {
    this.fault = undefined
    const rates = scalarTensors(this.options, this.parameters, lr, this.steps)
    const { out, before } = await this.advance(this.gradientStep, { ...batch, ...rates })
    const metrics = Object.fromEntries(this.metricNames.map((name) => [name, scalarOf(out[name]!)])) as StepMetrics
    if (!Number.isFinite(metrics.loss) || (!this.update && !normIsFinite(out))) {
      await this.undo(before, batch, metrics.loss)
      return metrics
    }
    this.keep(before)
    if (!this.update) this.steps++
    else if (++this.micro === this.options.accumulate) {
      const updated = await this.advance(this.update, rates)
      if (!normIsFinite(updated.out)) {
        await this.undo(updated.before, batch, metrics.loss)
        return metrics
      }
      metrics['gradNorm'] = scalarOf(updated.out['gradNorm']!)
      this.keep(updated.before)
      this.micro = 0
      this.steps++
    }
    return metrics
  }

  /** @returns the outputs, and the state before, which is to be kept as room for the next step or put back */
  private async advance(session: Session, feeds: Record<string, Tensor>) {
    const out = await session.run({ ...this.state, ...feeds }, this.spare)
    const before: Record<string, Tensor> = {}
    for (const [name, old] of Object.entries(this.state)) {
      const fresh = out[next(name)]
      if (!fresh) continue
      before[name] = old
      this.state[name] = fresh
    }
    return { out, before }
  }

  private keep(before: Readonly<Record<string, Tensor>>): void {
    for (const [name, old] of Object.entries(before)) {
      if (this.spare) this.spare[next(name)] = old
      else old.dispose()
    }
  }

  /** Puts the state before an update back. Gradients that were added up for it are dropped. */
  private async undo(before: Readonly<Record<string, Tensor>>, batch: Readonly<Record<string, Tensor>>, loss: number): Promise<void> {
    for (const [name, old] of Object.entries(before)) {
      const fresh = this.state[name]!
      this.state[name] = old
      if (this.spare) this.spare[next(name)] = fresh
      else fresh.dispose()
    }
    for (const { name, shape } of this.update ? this.parameters : [])
      this.replace(`g:${name}`, tensor(new Float32Array(sizeOf(shape)), 'float32', shape))
    this.micro = 0
    this.fault = await faultIn(this.task, await this.exportWeights(), { ...this.weights(), ...batch }, loss, this.options.session)
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

  private replace(name: string, t: Tensor): void {
    const old = this.state[name]
    this.state[name] = t
    if (old && old.location === 'gpu-buffer') old.dispose()
  }

  /**
   * The current weights and buffers on the device, as feeds for an inference session; with `ema`, the moving average of
   * the weights if one is tracked. Valid until the next step.
   */
  weights({ ema = false } = {}): Record<string, Tensor> {
    const slot = ema && this.options.ema ? 'ema' : 'w'
    return Object.fromEntries([
      ...this.parameters.map(({ name }) => [`w:${name}`, this.state[`${slot}:${name}`]!] as const),
      ...this.buffers.map(({ name }) => [`buffer:${name}`, this.state[`buffer:${name}`]!] as const),
    ])
  }

  /** Copies everything that the next step depends on. */
  async snapshot(): Promise<TrainState> {
    const copy: TrainState = new Map()
    for (const [name, t] of Object.entries(this.state)) copy.set(name, await this.read(name, t))
    return copy
  }

  /** Weights and buffers by name; with `ema`, those of the moving average if one is tracked. */
  async exportWeights({ ema = false } = {}): Promise<Map<string, Float32Array>> {
    const slot = ema && this.options.ema ? 'ema' : 'w'
    const weights = new Map<string, Float32Array>()
    for (const { name } of this.parameters) weights.set(name, await this.read(`${slot}:${name}`, this.state[`${slot}:${name}`]!))
    for (const { name } of this.buffers) weights.set(name, await this.read(`buffer:${name}`, this.state[`buffer:${name}`]!))
    return weights
  }

  /**
   * Copies a state tensor. On the device it is read through an Identity node: onnxruntime-node does not implement
   * Tensor.getData() for device tensors and crashes.
   */
  private async read(name: string, t: Tensor): Promise<Float32Array> {
    if (t.location !== 'gpu-buffer') return Float32Array.from(t.data as Float32Array)
    if (!this.reader) {
      const graph = new Graph()
      for (const [key, { dims }] of Object.entries(this.state)) graph.output(next(key), stopGradient(graph.input(key, 'float32', dims)))
      this.reader = await Session.create(graph, { provider: this.provider })
    }
    return Float32Array.from((await this.reader.runFor(next(name), this.state)).data as Float32Array)
  }

  /** Continues from a copy of a snapshot taken between updates. */
  restore(state: TrainState, steps: number): void {
    const shapes = new Map([...this.parameters, ...this.buffers].map((p) => [p.name, p.shape]))
    const wrap = (key: string, data: Float32Array) => tensor(data, 'float32', shapes.get(key.slice(key.indexOf(':') + 1))!)
    for (const [key, data] of state) this.replace(key, wrap(key, Float32Array.from(data)))
    if (!keepsTensors(this.provider))
      this.spare = Object.fromEntries([...state].map(([key, data]) => [next(key), wrap(key, new Float32Array(data.length))]))
    this.steps = steps
    this.micro = 0
  }

  async release(): Promise<void> {
    for (const t of Object.values(this.state)) if (t.location === 'gpu-buffer') t.dispose()
    await this.gradientStep.release()
    await this.update?.release()
    await this.reader?.release()
    await this.judge?.release()
  }
}
