/** The part of a step that applies gradients: clipping, the optimiser's rule, bounds and the moving average. */
import type { Graph, Value } from '../graph/graph.ts'
import { add, clip, mul } from '../ops/index.ts'
import { clipFactor, globalNorm, type Parameter, updateOf } from '../optim/optimizer.ts'
import { scalarOf, type Tensor, tensor } from './session.ts'
import type { TrainOptions } from './task.ts'

/** The output that replaces a state input (ONNX requires unique names). */
export const next = (name: string) => `${name}'`

export const stateSlots = (o: TrainOptions): string[] => ['w', ...o.optimizer.state, ...(o.ema ? ['ema'] : [])]

/** Appends clipping, the optimiser's rule, bounds and moving average for every parameter, with their outputs. */
export function appendUpdate(
  graph: Graph,
  parameters: readonly Parameter[],
  weights: readonly Value[],
  grads: readonly Value[],
  options: TrainOptions,
): void {
  const { optimizer } = options
  const scalars = Object.fromEntries(Object.keys(optimizer.scalars(0, 1)).map((name) => [name, graph.input(`rate:${name}`, 'float32', [])]))
  let scaled = grads
  // Without clipping too: one number tells whether every gradient is finite.
  const norm = globalNorm(grads)
  graph.output('gradNorm', norm)
  if (options.clipNorm) {
    const factor = clipFactor(norm, options.clipNorm)
    scaled = grads.map((g) => mul(g, factor))
  }
  const updateParameter = (p: Parameter, i: number) => {
    const state = optimizer.state.map((slot) => graph.input(`${slot}:${p.name}`, 'float32', p.shape))
    const updated = updateOf(optimizer, p, weights[i]!, scaled[i]!, state, scalars)
    const bound = options.max?.[p.name]
    const w = bound === undefined ? updated.w : clip(updated.w, { max: bound })
    graph.output(next(`w:${p.name}`), w)
    optimizer.state.forEach((slot, k) => graph.output(next(`${slot}:${p.name}`), updated.state[k]!))
    if (options.ema) {
      const average = graph.input(`ema:${p.name}`, 'float32', p.shape)
      graph.output(next(`ema:${p.name}`), add(mul(average, options.ema), mul(w, 1 - options.ema)))
    }
  }
  parameters.forEach((p, i) => graph.scoped(`${p.name}/update`, () => updateParameter(p, i)))
}

export const scalarTensors = (scalars: Record<string, number>) =>
  Object.fromEntries(Object.entries(scalars).map(([name, x]) => [`rate:${name}`, tensor(Float32Array.of(x), 'float32', [])]))

/** Whether every gradient of an update is finite: their norm is. */
export const normIsFinite = (out: Readonly<Record<string, Tensor>>): boolean => Number.isFinite(scalarOf(out['gradNorm']!))
