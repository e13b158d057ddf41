import { sizeOf, type Value } from '../graph/graph.ts'
import { axisOf, defineOp } from './define.ts'
import { expand, reshape, transpose, zeros } from './shape.ts'

const gatherOp = defineOp<{ axis: number }>('Gather', {
  shape: ([x, i], { axis }) => [...x!.shape.slice(0, axis), ...i!.shape, ...x!.shape.slice(axis + 1)],
  emit: (inputs, { axis }) => ({ inputs, attributes: { axis } }),
  // The gradients of a slice that was gathered several times add up. `axis` is moved to the front for the scatter and
  // back.
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
/** Selects slices of x along `axis` by an int32 or int64 tensor of any shape (with axis 0: an embedding lookup). */
export const gather = (x: Value, indices: Value, { axis = 0 }: { axis?: number } = {}): Value =>
  gatherOp([x, indices], { axis: axisOf(axis, x.shape.length, 'Gather') })[0]!

const gatherElementsOp = defineOp<{ axis: number }>('GatherElements', {
  shape: ([x, i], { axis }) => {
    if (i!.shape.length !== x!.shape.length || i!.shape.some((d, k) => k !== axis && d > x!.shape[k]!))
      throw new Error(`GatherElements: indices [${i!.shape}] do not fit [${x!.shape}] along axis ${axis}`)
    return [{ dtype: x!.dtype, shape: i!.shape }]
  },
  emit: (inputs, { axis }) => ({ inputs, attributes: { axis } }),
  vjp: ({ inputs: [x, i], dy, attrs }) => [scatterOp([zeros(x!, x!.shape), i!, dy], attrs)[0]!, null],
})
/** out[a, b, …] = x[a, indices[a, b, …], …], with the index on `axis` (torch.gather). */
export const gatherElements = (x: Value, indices: Value, { axis }: { axis: number }): Value =>
  gatherElementsOp([x, indices], { axis: axisOf(axis, x.shape.length, 'GatherElements') })[0]!

const scatterOp = defineOp<{ axis: number }>('ScatterElements', {
  shape: ([base]) => base!.shape,
  emit: (inputs, { axis }) => ({ inputs, attributes: { axis, reduction: 'add' } }),
  vjp: ({ inputs: [, indices], dy, attrs }) => [dy, null, gatherElements(dy, indices!, attrs)],
})
/**
 * out[indices[r], :] += x[r, :] on a zero [n, width] table. On the CPU, ONNX ScatterElements adds in order: bitwise
 * reproducible.
 */
export function scatterAddRows(x: Value, indices: Value, n: number): Value {
  const [rows, width] = x.shape as [number, number]
  const at = expand(reshape(indices, [rows, 1]), [rows, width])
  return scatterOp([zeros(x, [n, width]), at, x], { axis: 0 })[0]!
}

const topKOp = defineOp<{ k: number; axis: number; largest: boolean }>('TopK', {
  shape: ([x], { k, axis }) => {
    if (k < 1 || k > x!.shape[axis]!) throw new Error(`TopK: ${k} of axis ${axis} of [${x!.shape}]`)
    const shape = x!.shape.with(axis, k)
    return [
      { dtype: x!.dtype, shape },
      { dtype: 'int64', shape },
    ]
  },
  emit: ([x], { k, axis, largest }) => ({
    inputs: [x!, { dtype: 'int64', shape: [1], data: BigInt64Array.of(BigInt(k)) }],
    attributes: { axis, largest: Number(largest), sorted: 1 },
  }),
  // Indices have no gradient; the values' gradient is scattered back to where they were taken from.
  vjp: ({ inputs: [x], outputs: [, indices], dy, attrs: { axis } }) => [scatterOp([zeros(x!, x!.shape), indices!, dy], { axis })[0]!],
})
/** The k largest (or smallest) along an axis, sorted, and their int64 indices; ties keep the lower index first. */
export function topK(x: Value, { k, axis = -1, largest = true }: { k: number; axis?: number; largest?: boolean }) {
  const [values, indices] = topKOp([x], { k, axis: axisOf(axis, x.shape.length, 'TopK'), largest })
  return { values: values!, indices: indices! }
}
