/**
 * A step whose weights and state lie in our own memory: the session gives the gradients, and the update is made in place, tensor after
 * tensor. As a part of the graph it would write every weight and moment into other arrays, of which onnxruntime-node returns copies besides
 * (1.30; microsoft/onnxruntime#32346 would end that), and would pass over each of them some fifteen times.
 */
import type { Graph, Value } from '../graph/graph.ts'
import type { Parameter } from '../optim/optimizer.ts'
import { clipScale } from '../optim/optimizer.ts'
import { discard } from './discard.ts'
import { scalarOf, Session, type Tensor, tensor } from './session.ts'
import { next, type Outcome, type Stepper, type Trained } from './step.ts'
import type { TrainOptions } from './task.ts'

const gradientOf = ({ name }: Parameter) => next(`g:${name}`)

/** Appends the outputs of the step: a gradient for each parameter. */
export function hostGraph(graph: Graph, { parameters }: Trained, grads: readonly Value[]): undefined {
  parameters.forEach((p, i) => graph.output(gradientOf(p), grads[i]!))
}

export class HostStep implements Stepper {
  readonly state: Record<string, Tensor> = {}
  /** Gradients of the micro-batches before, added up. */
  private sums: Float32Array[] | undefined
  private micro = 0

  private constructor(
    private readonly trained: Trained,
    private readonly options: TrainOptions,
    private readonly session: Session,
  ) {}

  static async create(graph: Graph, trained: Trained, options: TrainOptions): Promise<HostStep> {
    return new HostStep(trained, options, await Session.create(graph, options.session))
  }

  async run(batch: Readonly<Record<string, Tensor>>, lr: number, steps: number): Promise<Outcome> {
    const { parameters, buffers } = this.trained
    const { accumulate = 1, clipNorm } = this.options
    const out = await this.session.run({ ...this.state, ...batch })
    let grads = parameters.map((p) => out[gradientOf(p)]!.data as Float32Array)
    const isFinite = Number.isFinite(scalarOf(out['loss']!))
    if (accumulate > 1 && isFinite) grads = this.sum(grads)
    const isLast = this.micro + 1 >= accumulate
    const lengths = parameters.map((p, i) => (isLast && isOpen(p, steps) ? squares(grads[i]!) : 0))
    const length = Math.sqrt(lengths.reduce((a, b) => a + b, 0)) / accumulate
    const gradNorm = isLast ? Math.fround(length) : undefined
    if (!isFinite || !Number.isFinite(length)) {
      this.drop(grads)
      return { out, gradNorm, undone: true }
    }
    for (const { name } of buffers) this.state[`buffer:${name}`] = out[next(`buffer:${name}`)]!
    if (!isLast) {
      this.micro++
      return { out }
    }
    const scale = (clipNorm ? clipScale(length, clipNorm) : 1) / accumulate
    parameters.forEach((p, i) => this.update(p, grads[i]!, scale, lr, steps))
    this.drop(grads)
    return { out, gradNorm }
  }

  /** Adds the gradients of a micro-batch. @returns the sums */
  private sum(grads: Float32Array[]): Float32Array[] {
    const { sums } = this
    if (!sums) return (this.sums = grads)
    sums.forEach((sum, i) => addTo(sum, grads[i]!))
    discard(grads)
    return sums
  }

  private drop(grads: readonly Float32Array[]): void {
    discard(this.sums && this.sums !== grads ? [...grads, ...this.sums] : grads)
    this.sums = undefined
    this.micro = 0
  }

  /** The update of one parameter by `scale` times its gradient. Every rule's update is proportional to the rate, as is said of updateOf. */
  private update(p: Parameter, g: Float32Array, scale: number, lr: number, steps: number): void {
    const { optimizer, ema, max } = this.options
    const of = (slot: string) => this.state[`${slot}:${p.name}`]!.data as Float32Array
    const w = of('w')
    if (isOpen(p, steps)) {
      const scalars = optimizer.scalars(lr * (p.rate ?? 1), steps - (p.opens ?? 0) + 1)
      optimizer.apply(w, { data: g, scale }, optimizer.state.map(of), scalars, p.decay)
    }
    const bound = max?.[p.name]
    if (bound !== undefined) for (let i = 0; i < w.length; i++) w[i] = Math.min(w[i]!, bound)
    if (ema) follow(of('ema'), w, ema)
  }

  place(name: string, shape: readonly number[], data: Float32Array): void {
    this.state[name] = tensor(data, 'float32', shape)
  }

  dropSums(): void {
    this.drop([])
  }

  async read(name: string): Promise<Float32Array> {
    return Promise.resolve(Float32Array.from(this.state[name]!.data as Float32Array))
  }

  release(): Promise<void> {
    return this.session.release()
  }
}

/** Whether a parameter is trained by the update after `steps` others. Until then it has no gradient: none in the norm or the moments. */
const isOpen = ({ opens = 0 }: Parameter, steps: number) => steps >= opens

/** Σx², in four sums, so that no addition waits for the one before. */
function squares(x: Float32Array): number {
  let [a, b, c, d] = [0, 0, 0, 0]
  const whole = x.length - (x.length % 4)
  for (let i = 0; i < whole; i += 4) {
    a += x[i]! * x[i]!
    b += x[i + 1]! * x[i + 1]!
    c += x[i + 2]! * x[i + 2]!
    d += x[i + 3]! * x[i + 3]!
  }
  for (let i = whole; i < x.length; i++) a += x[i]! * x[i]!
  return a + b + c + d
}

function addTo(sum: Float32Array, x: Float32Array): void {
  for (let i = 0; i < sum.length; i++) sum[i] = sum[i]! + x[i]!
}

/** average ← d·average + (1 − d)·x */
function follow(average: Float32Array, x: Float32Array, d: number): void {
  for (let i = 0; i < x.length; i++) average[i] = d * average[i]! + (1 - d) * x[i]!
}
