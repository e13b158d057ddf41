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
/** One dimension may be -1: what is left over. */
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

/** Squeeze and Unsqueeze are reshapes: the data does not move. */
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
/** Repeats size-1 axes (and adds leading ones) up to `shape`. */
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

const sliceOp = defineOp<{ axis: number; start: number; end: number }>('Slice', {
  shape: ([x], { axis, start, end }) => {
    if (start < 0 || end > x!.shape[axis]! || start >= end)
      throw new Error(`Slice: ${start}..${end} is outside axis ${axis} of [${x!.shape}]`)
    return x!.shape.map((d, i) => (i === axis ? end - start : d))
  },
  emit: ([x], { axis, start, end }) => ({ inputs: [x!, ints([start]), ints([end]), ints([axis])] }),
  vjp: ({ inputs: [x], dy, attrs: { axis, start, end } }) => {
    const pads = new Array<number>(2 * x!.shape.length).fill(0)
    pads[axis] = start
    pads[axis + x!.shape.length] = x!.shape[axis]! - end
    return [pad(dy, { pads })]
  },
})
/** x[start..end) along one axis; `end` may be left out. */
export function slice(x: Value, { axis, start, end }: { axis: number; start: number; end?: number }): Value {
  const a = axisOf(axis, x.shape.length, 'Slice')
  const to = end ?? x.shape[a]!
  return start === 0 && to === x.shape[a] ? x : sliceOp([x], { axis: a, start, end: to })[0]!
}

export function split(x: Value, { axis, sizes }: { axis: number; sizes: readonly number[] }): Value[] {
  const a = axisOf(axis, x.shape.length, 'Split')
  if (sizes.reduce((s, n) => s + n, 0) !== x.shape[a]) throw new Error(`Split: ${sizes} do not add up to axis ${a} of [${x.shape}]`)
  let start = 0
  return sizes.map((n) => slice(x, { axis: a, start, end: (start += n) }))
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
/** `pads`: all beginnings, then all ends, as ONNX has it; none negative. */
export function pad(x: Value, { pads, value = 0 }: { pads: readonly number[]; value?: number }): Value {
  if (pads.length !== 2 * x.shape.length || pads.some((p) => p < 0)) throw new Error(`Pad: [${pads}] does not fit rank ${x.shape.length}`)
  return padOp([x], { pads, value })[0]!
}

const gatherOp = defineOp<{ axis: number }>('Gather', {
  shape: ([x, i], { axis }) => [...x!.shape.slice(0, axis), ...i!.shape, ...x!.shape.slice(axis + 1)],
  emit: (inputs, { axis }) => ({ inputs, attributes: { axis } }),
  // A slice gathered several times gets the sum of its gradients. Other axes are brought to the front and back.
  vjp: ({ inputs: [x, i], dy, attrs: { axis } }) => {
    const front = (v: Value, from: number, count: number) => {
      const axes = v.shape.map((_, k) => k)
      return transpose(v, [...axes.splice(from, count), ...axes])
    }
    const picked = front(dy, axis, i!.shape.length)
    const rest = x!.shape.filter((_, k) => k !== axis)
    const rows = sizeOf(i!.shape)
    const sums = scatterAddRows(reshape(picked, [rows, sizeOf(rest)]), reshape(i!, [rows]), x!.shape[axis]!)
    const back = x!.shape.map((_, k) => (k === axis ? 0 : k < axis ? k + 1 : k))
    return [transpose(reshape(sums, [x!.shape[axis]!, ...rest]), back), null]
  },
})
/** Picks x's slices along `axis` by an int32 or int64 tensor of any shape (an embedding table for axis 0). */
export const gather = (x: Value, indices: Value, { axis = 0 }: { axis?: number } = {}): Value =>
  gatherOp([x, indices], { axis: axisOf(axis, x.shape.length, 'Gather') })[0]!

const scatterOp = defineOp<undefined>('ScatterElements', {
  shape: ([base]) => base!.shape,
  emit: (inputs) => ({ inputs, attributes: { axis: 0, reduction: 'add' } }),
  vjp: ({ inputs: [, indices], dy }) => [dy, null, gatherElements(dy, indices!)],
})
const gatherElementsOp = defineOp<undefined>('GatherElements', {
  shape: ([, indices]) => [{ dtype: 'float32', shape: indices!.shape }],
  emit: (inputs) => ({ inputs, attributes: { axis: 0 } }),
  vjp: ({ inputs: [x, indices], dy }) => [scatterOp([zeros(x!, x!.shape), indices!, dy], undefined)[0]!, null],
})
const gatherElements = (x: Value, indices: Value): Value => gatherElementsOp([x, indices], undefined)[0]!

/** out[indices[r], :] += x[r, :] over a zero [n, width] table. ONNX ScatterElements runs in order on CPU: the same bits each time. */
export function scatterAddRows(x: Value, indices: Value, n: number): Value {
  const [rows, width] = x.shape as [number, number]
  const at = expand(reshape(indices, [rows, 1]), [rows, width])
  return scatterOp([zeros(x, [n, width]), at, x], undefined)[0]!
}
const zeros = (like: Value, shape: Shape): Value =>
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
/** a = b, elementwise with broadcasting; operands of the same dtype. */
export function equal(a: Value, b: Operand): Value {
  return equalOp([a, typeof b === 'number' ? a.graph.scalar(b, a.dtype) : b], undefined)[0]!
}

export const sameShape = (a: Shape, b: Shape): boolean => a.length === b.length && a.every((d, i) => d === b[i])
