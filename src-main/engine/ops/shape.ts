import { type DType, DataTypes } from '../graph/dtypes.ts'
import { type Shape, sizeOf, type Value } from '../graph/graph.ts'
import { axisOf, broadcast, defineOp, ints, noGradient, type Operand } from './define.ts'

const reshapeOp = defineOp<{ shape: Shape }>('Reshape', {
  shape: ([x], { shape }) => {
    if (sizeOf(shape) !== sizeOf(x!.shape)) throw new Error(`Reshape: [${x!.shape}] does not hold [${shape}]`)
    return shape
  },
  emit: ([x], { shape }) => ({ inputs: [x!, ints(shape)] }),
  vjp: ({ inputs: [x], dy }) => [reshape(dy, x!.shape)],
})
/** Reshapes x; one dimension may be -1 (inferred). */
export function reshape(x: Value, shape: Shape): Value {
  const known = shape.filter((d) => d !== -1)
  const full = shape.map((d) => (d === -1 ? sizeOf(x.shape) / sizeOf(known) : d))
  return sameShape(full, x.shape) ? x : reshapeOp([x], { shape: full })[0]!
}

const transposeOp = defineOp<{ perm: readonly number[] }>('Transpose', {
  shape: ([x], { perm }) => {
    if ([...perm].sort((a, b) => a - b).some((p, i) => p !== i) || perm.length !== x!.shape.length)
      throw new Error(`Transpose: [${perm}] is no permutation of rank ${x!.shape.length}`)
    return perm.map((p) => x!.shape[p]!)
  },
  emit: ([x], { perm }) => ({ inputs: [x!], attributes: { perm } }),
  vjp: ({ dy, attrs: { perm } }) => [
    transpose(
      dy,
      perm.map((_, i) => perm.indexOf(i)),
    ),
  ],
})
export const transpose = (x: Value, perm: readonly number[]): Value => (perm.every((p, i) => p === i) ? x : transposeOp([x], { perm })[0]!)

/** Swaps the last two axes. */
export function swapLast(x: Value): Value {
  const perm = x.shape.map((_, i) => i)
  const n = perm.length
  return transpose(x, [...perm.slice(0, n - 2), n - 1, n - 2])
}

/** Removes axes of size 1. A reshape: no data moves. */
export function squeeze(x: Value, axes: readonly number[]): Value {
  const drop = axes.map((a) => axisOf(a, x.shape.length, 'Squeeze'))
  for (const a of drop) if (x.shape[a] !== 1) throw new Error(`Squeeze: axis ${a} of [${x.shape}] is not 1`)
  return reshape(
    x,
    x.shape.filter((_, i) => !drop.includes(i)),
  )
}

export function unsqueeze(x: Value, axes: readonly number[]): Value {
  const rank = x.shape.length + axes.length
  const at = axes.map((a) => axisOf(a, rank, 'Unsqueeze'))
  const rest = [...x.shape]
  return reshape(
    x,
    Array.from({ length: rank }, (_, i) => (at.includes(i) ? 1 : rest.shift()!)),
  )
}

const expandOp = defineOp<{ shape: Shape }>('Expand', {
  shape: (_, { shape }) => shape,
  emit: ([x], { shape }) => ({ inputs: [x!, ints(shape)] }),
  vjp: ({ dy }) => [dy],
})
/** Broadcasts x to `shape`: repeats axes of size 1 and adds leading ones. */
export const expand = (x: Value, shape: Shape): Value => (sameShape(x.shape, shape) ? x : expandOp([x], { shape })[0]!)

const concatOp = defineOp<{ axis: number }>('Concat', {
  shape: (xs, { axis }) => {
    const first = xs[0]!.shape
    for (const x of xs)
      if (x.shape.length !== first.length || x.shape.some((d, i) => i !== axis && d !== first[i]))
        throw new Error(`Concat: [${x.shape}] does not fit [${first}] along axis ${axis}`)
    return first.map((d, i) => (i === axis ? xs.reduce((n, x) => n + x.shape[axis]!, 0) : d))
  },
  emit: (inputs, { axis }) => ({ inputs, attributes: { axis } }),
  vjp: ({ inputs, dy, attrs: { axis } }) => split(dy, { axis, sizes: inputs.map((x) => x.shape[axis]!) }),
})
export function concat(xs: readonly Value[], { axis }: { axis: number }): Value {
  return xs.length === 1 ? xs[0]! : concatOp(xs, { axis: axisOf(axis, xs[0]!.shape.length, 'Concat') })[0]!
}

interface SliceAttrs {
  readonly axis: number
  readonly start: number
  readonly end: number
  readonly step: number
}
const sliceOp = defineOp<SliceAttrs>('Slice', {
  shape: ([x], { axis, start, end, step }) => {
    if (start < 0 || end > x!.shape[axis]! || start >= end || step < 1)
      throw new Error(`Slice: ${start}..${end} by ${step} is outside axis ${axis} of [${x!.shape}]`)
    return x!.shape.map((d, i) => (i === axis ? Math.ceil((end - start) / step) : d))
  },
  emit: ([x], { axis, start, end, step }) => ({
    inputs: [x!, ints([start]), ints([end]), ints([axis]), ...(step > 1 ? [ints([step])] : [])],
  }),
  vjp: ({ inputs: [x], dy, attrs: { axis, start, step } }) => [unslice(dy, { axis, start, step, size: x!.shape[axis]! })],
})
/** x[start..end) along one axis with the given step; `end` defaults to the axis size. */
export function slice(x: Value, { axis, start, end, step = 1 }: { axis: number; start: number; end?: number; step?: number }): Value {
  const a = axisOf(axis, x.shape.length, 'Slice')
  const to = end ?? x.shape[a]!
  return start === 0 && to === x.shape[a] && step === 1 ? x : sliceOp([x], { axis: a, start, end: to, step })[0]!
}

/** The transpose of a slice: dy at the positions it was taken from, along an axis of `size`, and zeros elsewhere. */
function unslice(dy: Value, { axis, start, step, size }: { axis: number; start: number; step: number; size: number }): Value {
  const at = (d: number) => dy.shape.map((n, i) => (i === axis ? d : n))
  const padded = (v: Value, a: number, before: number, after: number) => {
    const pads = new Array<number>(2 * v.shape.length).fill(0)
    pads[a] = before
    pads[a + v.shape.length] = after
    return before || after ? pad(v, { pads }) : v
  }
  const n = dy.shape[axis]!
  const spread = step === 1 ? dy : reshape(padded(unsqueeze(dy, [axis + 1]), axis + 1, 0, step - 1), at(n * step))
  // The part of the last step that exceeds the axis holds only zeros.
  const within = slice(spread, { axis, start: 0, end: Math.min(n * step, size - start) })
  return padded(within, axis, start, size - start - within.shape[axis]!)
}

const splitOp = defineOp<{ axis: number; sizes: readonly number[] }>('Split', {
  shape: ([x], { axis, sizes }) => sizes.map((n) => ({ dtype: x!.dtype, shape: x!.shape.with(axis, n) })),
  emit: ([x], { axis, sizes }) => ({ inputs: [x!, ints(sizes)], attributes: { axis } }),
  vjp: ({ outputs, dys, attrs: { axis } }) => [
    concat(
      outputs.map((y, i) => dys[i] ?? zeros(y, y.shape)),
      { axis },
    ),
  ],
  differentiable: Infinity,
})
/** Splits x along an axis into parts of the given sizes. */
export function split(x: Value, { axis, sizes }: { axis: number; sizes: readonly number[] }): readonly Value[] {
  const a = axisOf(axis, x.shape.length, 'Split')
  if (sizes.reduce((s, n) => s + n, 0) !== x.shape[a]) throw new Error(`Split: ${sizes} do not add up to axis ${a} of [${x.shape}]`)
  return sizes.length === 1 ? [x] : splitOp([x], { axis: a, sizes })
}

const padOp = defineOp<{ pads: readonly number[]; value: number }>('Pad', {
  shape: ([x], { pads }) => x!.shape.map((d, i) => d + pads[i]! + pads[i + x!.shape.length]!),
  emit: ([x], { pads, value }) => ({
    inputs: [x!, ints(pads), { dtype: x!.dtype, shape: [], data: DataTypes[x!.dtype].from([value]) }],
  }),
  vjp: ({ inputs: [x], dy, attrs: { pads } }) => [
    x!.shape.reduce((g, d, axis) => slice(g, { axis, start: pads[axis]!, end: pads[axis]! + d }), dy),
  ],
})
/** Pads with `value`. `pads`: all begins, then all ends, as in ONNX; none negative. */
export function pad(x: Value, { pads, value = 0 }: { pads: readonly number[]; value?: number }): Value {
  if (pads.length !== 2 * x.shape.length || pads.some((p) => p < 0)) throw new Error(`Pad: [${pads}] does not fit rank ${x.shape.length}`)
  return padOp([x], { pads, value })[0]!
}

/** A zero constant in the graph of `like`. */
export const zeros = (like: Value, shape: Shape): Value =>
  expand(
    reshape(
      like.graph.scalar(0),
      shape.map(() => 1),
    ),
    shape,
  )

const castOp = defineOp<{ to: DType }>('Cast', {
  shape: ([x], { to }) => [{ dtype: to, shape: x!.shape }],
  emit: ([x], { to }) => ({ inputs: [x!], attributes: { to: DataTypes[to].onnx } }),
  vjp: ({ inputs: [x], dy }) => [isFloat(x!.dtype) && isFloat(dy.dtype) ? cast(dy, x!.dtype) : null],
})
export const cast = (x: Value, to: DType): Value => (x.dtype === to ? x : castOp([x], { to })[0]!)
const isFloat = (t: DType) => t === 'float32' || t === 'float16' || t === 'bfloat16'

const equalOp = defineOp<undefined>('Equal', {
  shape: ([a, b]) => [{ dtype: 'bool', shape: broadcast(a!.shape, b!.shape, 'Equal') }],
  vjp: noGradient,
})
/** Elementwise a = b with broadcasting; both operands have the same dtype. */
export function equal(a: Value, b: Operand): Value {
  return equalOp([a, typeof b === 'number' ? a.graph.scalar(b, a.dtype) : b], undefined)[0]!
}

export const sameShape = (a: Shape, b: Shape): boolean => a.length === b.length && a.every((d, i) => d === b[i])
