import type { Attribute, Emission, Graph, Literal, Node, Op, Shape, TensorType, Value } from '../graph/graph.ts'

/** An operand of an op: a value, or a number that becomes a float32 scalar. */
export type Operand = Value | number

/** Arguments of a gradient rule: `dy` is the gradient of output 0 (`y`) and has its shape. */
export interface GradientContext<A> {
  readonly inputs: readonly Value[]
  readonly outputs: readonly Value[]
  readonly y: Value
  readonly dy: Value
  /**
   * The gradient of each output, for ops with several differentiable ones; null if an output does not reach the loss.
   */
  readonly dys: readonly (Value | null)[]
  readonly attrs: A
}

/** An op as one record: shape, emission and gradient side by side. */
export interface OpSpec<A> {
  /** The type of each output. A bare shape means one output with the first input's dtype. */
  shape(inputs: readonly Value[], attrs: A): Shape | readonly TensorType[]
  /** The ONNX node; by default the op's own name and inputs, without attributes. */
  emit?(inputs: readonly Value[], attrs: A): Omit<Emission, 'type'> & { type?: string }
  /**
   * The gradient of each input, in terms of other ops; null for an input without one. A gradient may have the
   * broadcast shape: the backward pass sums it down to the input's (autodiff.ts).
   */
  vjp(context: GradientContext<A>): readonly (Value | null)[]
  /**
   * The number of leading outputs with a gradient, 1 by default. A rule for several reads `dys`, since `dy` may be
   * missing.
   */
  readonly differentiable?: number
}

const registry = new Map<string, Op>()
/** All registered ops by name. The gradient tests iterate over it, so that no op goes untested. */
export const allOps: ReadonlyMap<string, Op> = registry

/** Registers an op; the returned function applies it and returns all its outputs. */
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

/**
 * The gradient rule of non-differentiable ops (comparisons, indices), stated explicitly so that a forgotten rule is
 * an error.
 */
export const noGradient = ({ inputs }: { inputs: readonly Value[] }): null[] => inputs.map(() => null)

const isShape = (x: Shape | readonly TensorType[]): x is Shape => x.length === 0 || typeof x[0] === 'number'

function graphOf(operands: readonly Operand[]): Graph {
  for (const x of operands) if (typeof x !== 'number') return x.graph
  throw new Error('an op needs at least one operand that is a value')
}

/** The NumPy broadcast of two shapes. @throws if they are incompatible */
export function broadcast(a: Shape, b: Shape, name: string): Shape {
  const rank = Math.max(a.length, b.length)
  return Array.from({ length: rank }, (_, i) => {
    const x = a[i - rank + a.length] ?? 1
    const y = b[i - rank + b.length] ?? 1
    if (x !== y && x !== 1 && y !== 1) throw new Error(`${name}: shapes [${a}] and [${b}] do not broadcast`)
    return x === 1 ? y : x
  })
}

/** Converts a possibly negative axis to a non-negative one. @throws if it is outside the rank */
export function axisOf(axis: number, rank: number, name: string): number {
  const a = axis < 0 ? axis + rank : axis
  if (a < 0 || a >= rank) throw new Error(`${name}: axis ${axis} is outside rank ${rank}`)
  return a
}

/** An int64 literal: ONNX's type for axes, shapes and bounds. */
export const ints = (xs: readonly number[], shape: Shape = [xs.length]): Literal => ({
  dtype: 'int64',
  shape,
  data: BigInt64Array.from(xs, BigInt),
})

export const float = (x: number): Attribute => ({ float: x })
