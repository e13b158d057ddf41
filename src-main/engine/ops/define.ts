import type { Attribute, Emission, Graph, Literal, Node, Op, Shape, TensorType, Value } from '../graph/graph.ts'

/** An operand of an op: a value, or a number that becomes a float32 scalar. */
export type Operand = Value | number

/** What a gradient rule sees: `dy` is the gradient of output 0 (`y`), shaped like it. */
export interface GradientContext<A> {
  readonly inputs: readonly Value[]
  readonly outputs: readonly Value[]
  readonly y: Value
  readonly dy: Value
  /** The gradient of each output, for ops with several differentiable ones; null for an output that does not reach the loss. */
  readonly dys: readonly (Value | null)[]
  readonly attrs: A
}

/** An op as one record: shape, emission, gradient on adjacent lines. */
export interface OpSpec<A> {
  /** Type of each output. A shape alone means: one output of the first input's dtype. */
  shape(inputs: readonly Value[], attrs: A): Shape | readonly TensorType[]
  /** The ONNX node; by default the op's own name, its inputs, and no attributes. */
  emit?(inputs: readonly Value[], attrs: A): Omit<Emission, 'type'> & { type?: string }
  /**
   * Gradient of each input, in plain ops; null for an input that has none. A gradient may be of the broadcast shape: the
   * walk sums it down to the input's (autodiff.ts).
   */
  vjp(context: GradientContext<A>): readonly (Value | null)[]
  /** How many outputs, from the first, have a gradient: 1 unless stated. A rule of several reads `dys`, as `dy` may be missing. */
  readonly differentiable?: number
}

const registry = new Map<string, Op>()
/** Every op there is, by name: the tests walk it so that none goes unchecked. */
export const allOps: ReadonlyMap<string, Op> = registry

/** Registers an op; the returned function applies it and gives all its outputs. */
export function defineOp<A = undefined>(name: string, spec: OpSpec<A>) {
  const op: Op = {
    name,
    infer: (inputs, attrs) => {
      const types = spec.shape(inputs, attrs as A)
      return isShape(types) ? [{ dtype: inputs[0]!.dtype, shape: types }] : types
    },
    emit: ({ inputs, attrs }: Node) => {
      const emission = spec.emit?.(inputs, attrs as A) ?? { inputs }
      return { ...emission, type: emission.type ?? name }
    },
    vjp: (node, grads) => {
      const { differentiable = 1 } = spec
      const without = grads.findIndex((g, i) => g !== null && i >= differentiable)
      if (without >= 0) throw new Error(`${name}: output ${without} has no gradient`)
      return spec.vjp({
        inputs: node.inputs,
        outputs: node.outputs,
        y: node.outputs[0]!,
        dy: grads[0]!,
        dys: grads,
        attrs: node.attrs as A,
      })
    },
  }
  if (registry.has(name)) throw new Error(`op ${name} is defined twice`)
  registry.set(name, op)
  return (operands: readonly Operand[], attrs: A): readonly Value[] => {
    const graph = graphOf(operands)
    return graph.apply(
      op,
      operands.map((x) => (typeof x === 'number' ? graph.scalar(x) : x)),
      attrs,
    )
  }
}

/** The gradient rule of ops that have none (comparisons, indices): stated, so that a missing rule is never mistaken for one. */
export const noGradient = ({ inputs }: { inputs: readonly Value[] }): null[] => inputs.map(() => null)

const isShape = (x: Shape | readonly TensorType[]): x is Shape => x.length === 0 || typeof x[0] === 'number'

function graphOf(operands: readonly Operand[]): Graph {
  for (const x of operands) if (typeof x !== 'number') return x.graph
  throw new Error('an op needs at least one operand that is a value')
}

/** NumPy's broadcasting of two shapes. */
export function broadcast(a: Shape, b: Shape, name: string): Shape {
  const rank = Math.max(a.length, b.length)
  return Array.from({ length: rank }, (_, i) => {
    const x = a[i - rank + a.length] ?? 1
    const y = b[i - rank + b.length] ?? 1
    if (x !== y && x !== 1 && y !== 1) throw new Error(`${name}: shapes [${a}] and [${b}] do not broadcast`)
    return x === 1 ? y : x
  })
}

/** An axis counted from the end made positive. */
export function axisOf(axis: number, rank: number, name: string): number {
  const a = axis < 0 ? axis + rank : axis
  if (a < 0 || a >= rank) throw new Error(`${name}: axis ${axis} is outside rank ${rank}`)
  return a
}

/** An int64 operand, as ONNX wants axes, shapes and bounds. */
export const ints = (xs: readonly number[], shape: Shape = [xs.length]): Literal => ({
  dtype: 'int64',
  shape,
  data: BigInt64Array.from(xs, BigInt),
})

export const float = (x: number): Attribute => ({ float: x })
