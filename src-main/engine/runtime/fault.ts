/** Finds out which tensor made a step useless. */
import { gradients } from '../autodiff.ts'
import { Graph } from '../graph/graph.ts'
import type { Parameter } from '../optim/optimizer.ts'
import { allFinite } from '../weights/dtype.ts'
import { Session, type SessionOptions, type Tensor } from './session.ts'
import type { Task } from './task.ts'

/** Why a step was undone: its loss or a gradient was not finite, or a weight had already not been. */
export interface Fault {
  readonly kind: 'loss' | 'gradient' | 'weight'
  /** The first such tensor in the order of the layers; absent if each is finite for itself, and only their norm is not. */
  readonly tensor?: string
  /** How many there are, of all that are trained. */
  readonly bad: number
  readonly of: number
}

/** Not the tensor's name alone: the graph may hold the tensor as it was at the start too. */
const gradientOf = ({ name }: Parameter) => `gradient:${name}`

/**
 * Computes the gradients of a batch once more, each for itself.
 * @param weights those before the step; `feeds`: the same on the device, and the batch
 */
export async function faultIn(
  task: Task,
  weights: ReadonlyMap<string, Float32Array>,
  feeds: Readonly<Record<string, Tensor>>,
  loss: number,
  session?: SessionOptions,
): Promise<Fault> {
  const graph = new Graph()
  const { loss: value, parameters } = task.build(graph)
  const of = parameters.length
  const bad = parameters.filter(({ name }) => !allFinite(weights.get(name)!))
  if (bad.length) return { kind: 'weight', tensor: bad[0]!.name, bad: bad.length, of }
  const inputs = parameters.map((p) => graph.inputs.find((v) => v.name === `w:${p.name}`)!)
  gradients(value, inputs).forEach((g, i) => graph.output(gradientOf(parameters[i]!), g))
  const differentiate = await Session.create(graph, session)
  try {
    const found = await differentiate.run(feeds)
    const broken = parameters.filter((p) => !allFinite(found[gradientOf(p)]!.data as Float32Array))
    return { kind: Number.isFinite(loss) ? 'gradient' : 'loss', tensor: broken[0]?.name, bad: broken.length, of }
  } finally {
    await differentiate.release()
  }
}
