/** The part of a device's step (device-step.ts) that applies gradients: clipping, the optimiser's rule, bounds and the moving average. */
import type { Graph, Value } from '../graph/graph.ts'
import { add, clip, mul } from '../ops/index.ts'
import { clipFactor, globalNorm, type Parameter, updateOf } from '../optim/optimizer.ts'
import { tensor } from './session.ts'
import { next } from './step.ts'
import type { TrainOptions } from './task.ts'

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
  const names = Object.keys(optimizer.scalars(0, 1))
  const rates = new Map(
    openings(parameters).map((from) => [
      from,
      {
        scalars: Object.fromEntries(names.map((name) => [name, graph.input(rateInput(name, from), 'float32', [])])),
        open: from ? graph.input(openInput(from), 'float32', []) : undefined,
      },
    ]),
  )
  const of = ({ opens = 0 }: Parameter) => rates.get(opens)!
  // A tensor that is not trained yet has no gradient: none that counts in the norm, and none in its moments.
  const counted = grads.map((g, i) => {
    const { open } = of(parameters[i]!)
    return open ? mul(g, open) : g
  })
  let scaled = counted
  // Without clipping too: one number tells whether every gradient is finite.
  const norm = globalNorm(counted)
  graph.output('gradNorm', norm)
  if (options.clipNorm) {
    const factor = clipFactor(norm, options.clipNorm)
    scaled = counted.map((g) => mul(g, factor))
  }
  const updateParameter = (p: Parameter, i: number) => {
    const state = optimizer.state.map((slot) => graph.input(`${slot}:${p.name}`, 'float32', p.shape))
    const { scalars, open } = of(p)
    const updated = updateOf(optimizer, p, weights[i]!, scaled[i]!, state, scalars, open)
    const bound = options.max?.[p.name]
    const w = bound === undefined ? updated.w : clip(updated.w, { max: bound })
    graph.output(next(`w:${p.name}`), w)
    // L2 weight decay would move them before the parameter's turn.
    const moments = updated.state.map((m) => (open ? mul(m, open) : m))
    optimizer.state.forEach((slot, k) => graph.output(next(`${slot}:${p.name}`), moments[k]!))
    if (options.ema) {
      const average = graph.input(`ema:${p.name}`, 'float32', p.shape)
      graph.output(next(`ema:${p.name}`), add(mul(average, options.ema), mul(w, 1 - options.ema)))
    }
  }
  parameters.forEach((p, i) => graph.scoped(`${p.name}/update`, () => updateParameter(p, i)))
}

/** The values of {@link Parameter.opens} that occur: parameters of the same one share their scalars. */
const openings = (parameters: readonly Parameter[]): number[] => [...new Set(parameters.map(({ opens = 0 }) => opens))]
const rateInput = (name: string, from: number) => (from ? `rate:${name}@${from}` : `rate:${name}`)
const openInput = (from: number) => `open@${from}`

/**
 * The scalars of the update after `steps` others. Those of parameters that were not trained from the beginning are counted from
 * where they were, as torch.optim does for each parameter of its own.
 */
export function scalarTensors({ optimizer }: TrainOptions, parameters: readonly Parameter[], lr: number, steps: number) {
  const all = openings(parameters).flatMap((from): (readonly [string, number])[] => [
    ...Object.entries(optimizer.scalars(lr, Math.max(0, steps - from) + 1)).map(([name, x]) => [rateInput(name, from), x] as const),
    ...(from ? [[openInput(from), Number(steps >= from)] as const] : []),
  ])
  return Object.fromEntries(all.map(([name, x]) => [name, tensor(Float32Array.of(x), 'float32', [])]))
}
