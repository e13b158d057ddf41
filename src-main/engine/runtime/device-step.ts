/**
 * A step whose weights and state stay in the device's memory: one session from the batch to the new weights and state, whose tensors
 * replace those before. With accumulation, a first session adds up gradients and a second applies them.
 */
import { Graph, sizeOf, type Value } from '../graph/graph.ts'
import { add, mul, stopGradient, zeros } from '../ops/index.ts'
import { scalarOf, Session, type Tensor, tensor } from './session.ts'
import { next, type Outcome, type Stepper, type Trained } from './step.ts'
import type { TrainOptions } from './task.ts'
import { appendUpdate, scalarTensors, stateSlots } from './update.ts'

/** Appends the update to a step's graph, or the sums of gradients. @returns the graph of the update, where that is another */
export function deviceGraphs(
  graph: Graph,
  { parameters }: Trained,
  weights: readonly Value[],
  grads: readonly Value[],
  options: TrainOptions,
): Graph | undefined {
  const { accumulate = 1 } = options
  if (accumulate === 1) {
    appendUpdate(graph, parameters, weights, grads, options)
    return undefined
  }
  parameters.forEach((p, i) => graph.output(next(`g:${p.name}`), add(graph.input(`g:${p.name}`, 'float32', p.shape), grads[i]!)))
  const own = new Graph()
  const means = parameters.map((p) => mul(own.input(`g:${p.name}`, 'float32', p.shape), 1 / accumulate))
  const again = parameters.map((p) => own.input(`w:${p.name}`, 'float32', p.shape))
  appendUpdate(own, parameters, again, means, options)
  // Gradient sums are reset on the device, without a transfer.
  parameters.forEach((p, i) => own.output(next(`g:${p.name}`), zeros(again[i]!, p.shape)))
  return own
}

export class DeviceStep implements Stepper {
  readonly state: Record<string, Tensor> = {}
  private reader: Session | undefined
  private micro = 0

  private constructor(
    private readonly trained: Trained,
    private readonly options: TrainOptions,
    private readonly gradientStep: Session,
    private readonly update: Session | undefined,
  ) {}

  static async create(graph: Graph, apply: Graph | undefined, trained: Trained, options: TrainOptions): Promise<DeviceStep> {
    const { parameters, buffers } = trained
    const replaced = parameters.flatMap((p) => stateSlots(options).map((slot) => next(`${slot}:${p.name}`)))
    const sums = parameters.map((p) => next(`g:${p.name}`))
    const renewed = buffers.map((b) => next(`buffer:${b.name}`))
    const update = apply && (await Session.create(apply, { ...options.session, keepOnDevice: [...replaced, ...sums] }))
    const step = await Session.create(graph, { ...options.session, keepOnDevice: [...(apply ? sums : replaced), ...renewed] })
    return new DeviceStep(trained, options, step, update)
  }

  async run(batch: Readonly<Record<string, Tensor>>, lr: number, steps: number): Promise<Outcome> {
    const rates = scalarTensors(this.options, this.trained.parameters, lr, steps)
    const { out, before } = await this.advance(this.gradientStep, { ...batch, ...rates })
    const gradNorm = this.update ? undefined : scalarOf(out['gradNorm']!)
    if (!Number.isFinite(scalarOf(out['loss']!)) || !Number.isFinite(gradNorm ?? 0)) {
      this.undo(before)
      return { out, gradNorm, undone: true }
    }
    for (const old of Object.values(before)) old.dispose()
    if (!this.update || ++this.micro < this.options.accumulate!) return { out, gradNorm }
    const updated = await this.advance(this.update, rates)
    const norm = scalarOf(updated.out['gradNorm']!)
    if (!Number.isFinite(norm)) {
      this.undo(updated.before)
      return { out, undone: true }
    }
    for (const old of Object.values(updated.before)) old.dispose()
    this.micro = 0
    return { out, gradNorm: norm }
  }

  /** @returns the outputs, and the state before, which is to be let go or put back */
  private async advance(session: Session, feeds: Readonly<Record<string, Tensor>>) {
    const out = await session.run({ ...this.state, ...feeds })
    const before: Record<string, Tensor> = {}
    for (const [name, old] of Object.entries(this.state)) {
      const fresh = out[next(name)]
      if (!fresh) continue
      before[name] = old
      this.state[name] = fresh
    }
    return { out, before }
  }

  /** Puts the state before an update back. Gradients that were added up for it are dropped. */
  private undo(before: Readonly<Record<string, Tensor>>): void {
    for (const [name, old] of Object.entries(before)) this.replace(name, old)
    this.dropSums()
  }

  dropSums(): void {
    for (const { name, shape } of this.update ? this.trained.parameters : [])
      this.replace(`g:${name}`, tensor(new Float32Array(sizeOf(shape)), 'float32', shape))
    this.micro = 0
  }

  place(name: string, shape: readonly number[], data: Float32Array): void {
    this.replace(name, tensor(data, 'float32', shape))
  }

  private replace(name: string, t: Tensor): void {
    const old = this.state[name]
    this.state[name] = t
    if (old?.location === 'gpu-buffer') old.dispose()
  }

  /**
   * Copies a state tensor. On the device it is read through an Identity node: onnxruntime-node does not implement
   * Tensor.getData() for device tensors and crashes.
   */
  async read(name: string): Promise<Float32Array> {
    const t = this.state[name]!
    if (t.location !== 'gpu-buffer') return Float32Array.from(t.data as Float32Array)
    if (!this.reader) {
      const graph = new Graph()
      for (const [key, { dims }] of Object.entries(this.state)) graph.output(next(key), stopGradient(graph.input(key, 'float32', dims)))
      this.reader = await Session.create(graph, { provider: this.gradientStep.provider })
    }
    return Float32Array.from((await this.reader.runFor(next(name), this.state)).data as Float32Array)
  }

  async release(): Promise<void> {
    for (const t of Object.values(this.state)) if (t.location === 'gpu-buffer') t.dispose()
    await this.gradientStep.release()
    await this.update?.release()
    await this.reader?.release()
  }
}
