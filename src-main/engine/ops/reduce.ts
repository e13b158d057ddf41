import type { Value } from '../graph/graph.ts'
import { cast, equal, expand, reshape, sameShape, unsqueeze } from './shape.ts'
import { div, mul } from './arithmetic.ts'
import { axisOf, defineOp, type GradientContext, ints, noGradient } from './define.ts'

interface Reduction {
  readonly axes: readonly number[]
  readonly keepdims: boolean
}

function reduction(name: string, vjp: (x: Value, y: Value, dy: Value, n: number) => Value) {
  const apply = defineOp<Reduction>(name, {
    shape: ([x], { axes, keepdims }) => x!.shape.flatMap((d, i) => (!axes.includes(i) ? [d] : keepdims ? [1] : [])),
    emit: ([x], { axes, keepdims }) => ({ inputs: [x!, ints(axes)], attributes: { keepdims: Number(keepdims) } }),
    vjp: ({ inputs: [x], y, dy, attrs: { axes, keepdims } }: GradientContext<Reduction>) => {
      const keep = (v: Value) => (keepdims ? v : unsqueeze(v, axes))
      return [
        vjp(
          x!,
          keep(y),
          keep(dy),
          axes.reduce((n, a) => n * x!.shape[a]!, 1),
        ),
      ]
    },
  })
  /** Reduces all axes by default. */
  return (x: Value, { axes, keepdims = false }: Partial<Reduction> = {}): Value => {
    const over = (axes ?? x.shape.map((_, i) => i)).map((a) => axisOf(a, x.shape.length, name)).sort((a, b) => a - b)
    return over.length === 0 ? x : apply([x], { axes: over, keepdims })[0]!
  }
}

export const reduceSum = reduction('ReduceSum', (x, _y, dy) => expand(dy, x.shape))
export const reduceMean = reduction('ReduceMean', (x, _y, dy, n) => expand(div(dy, n), x.shape))
/** Elements that share the maximum also share its gradient (torch.amax). */
export const reduceMax = reduction('ReduceMax', (x, y, dy) => {
  const hit = cast(equal(x, y), 'float32')
  const axes = x.shape.flatMap((d, i) => (y.shape[i] === d ? [] : [i]))
  return mul(hit, div(dy, reduceSum(hit, { axes, keepdims: true })))
})
const sumOfSquares = reduction('ReduceSumSquare', (x, _y, dy) => mul(mul(x, 2), dy))
/** Σx². Unlike the other reductions, it squares a scalar rather than returning it unchanged. */
export const reduceSumSquare: typeof sumOfSquares = (x, attrs) => (x.shape.length ? sumOfSquares(x, attrs) : mul(x, x))

/** Sums a gradient of broadcast shape down to the operand's shape: the only place where broadcasting is undone. */
export function unbroadcast(grad: Value, x: Value): Value {
  if (sameShape(grad.shape, x.shape)) return grad
  const extra = grad.shape.length - x.shape.length
  const axes = grad.shape.flatMap((d, i) => (i < extra || (x.shape[i - extra] === 1 && d !== 1) ? [i] : []))
  const summed = axes.length ? reduceSum(grad, { axes, keepdims: true }) : grad
  return sameShape(summed.shape.slice(extra), x.shape)
    ? reshape(summed, x.shape)
    : expand(reshape(summed, summed.shape.slice(extra)), x.shape)
}

const argmaxOp = defineOp<{ axis: number; keepdims: boolean }>('ArgMax', {
  shape: ([x], { axis, keepdims }) => [{ dtype: 'int64', shape: x!.shape.flatMap((d, i) => (i !== axis ? [d] : keepdims ? [1] : [])) }],
  emit: (inputs, { axis, keepdims }) => ({ inputs, attributes: { axis, keepdims: Number(keepdims) } }),
  vjp: noGradient,
})
/** Index of the maximum along an axis, int64; the first one on ties. */
export const argmax = (x: Value, { axis, keepdims = false }: { axis: number; keepdims?: boolean }): Value =>
  argmaxOp([x], { axis: axisOf(axis, x.shape.length, 'ArgMax'), keepdims })[0]!
