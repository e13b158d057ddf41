import type { Value } from '../graph/graph.ts'
import { add, clip, div, exp, log, mul, sqrt, sub } from './arithmetic.ts'
import { axisOf, defineOp, float } from './define.ts'
import { reduceMax, reduceMean, reduceSum } from './reduce.ts'

const softmaxOp = defineOp<{ axis: number }>('Softmax', {
  shape: ([x]) => x!.shape,
  emit: (inputs, { axis }) => ({ inputs, attributes: { axis } }),
  vjp: ({ y, dy, attrs: { axis } }) => [mul(y, sub(dy, reduceSum(mul(dy, y), { axes: [axis], keepdims: true })))],
})
export const softmax = (x: Value, { axis = -1 }: { axis?: number } = {}): Value =>
  softmaxOp([x], { axis: axisOf(axis, x.shape.length, 'Softmax') })[0]!

/**
 * x − max − log Σ exp(x − max). ONNX's LogSoftmax is not used because the WebGPU provider lacks it. The maximum
 * cancels in the gradient, so the rule is written for the whole op.
 */
export function logSoftmax(x: Value, { axis = -1 }: { axis?: number } = {}): Value {
  const axes = [axis]
  const shifted = sub(x, stopGradient(reduceMax(x, { axes, keepdims: true })))
  return sub(shifted, log(reduceSum(exp(shifted), { axes, keepdims: true })))
}

const identityOp = defineOp('Identity', {
  shape: ([x]) => x!.shape,
  vjp: () => [null],
})
/** The identity, with a zero gradient. */
export const stopGradient = (x: Value): Value => identityOp([x], undefined)[0]!

const layerNormOp = defineOp<{ eps: number }>('LayerNormalization', {
  shape: ([x]) => {
    const stat = { dtype: 'float32' as const, shape: [...x!.shape.slice(0, -1), 1] }
    return [{ dtype: x!.dtype, shape: x!.shape }, stat, stat]
  },
  emit: (inputs, { eps }) => ({ inputs, attributes: { axis: -1, epsilon: float(eps) } }),
  vjp: ({ inputs: [x, gamma], outputs: [, mean, rstd], dys: [dy, dmean, drstd] }) => {
    const last = { axes: [-1], keepdims: true }
    const n = x!.shape.at(-1)!
    const xhat = mul(sub(x!, mean!), rstd!)
    const parts: Value[] = []
    if (dy) {
      const g = mul(dy, gamma!)
      parts.push(mul(sub(sub(g, reduceMean(g, last)), mul(xhat, reduceMean(mul(g, xhat), last))), rstd!))
    }
    if (dmean) parts.push(div(dmean, n))
    if (drstd) parts.push(mul(mul(drstd, mul(rstd!, rstd!)), mul(xhat, -1 / n)))
    return [parts.reduce((a, b) => add(a, b)), dy ? mul(dy, xhat) : null, dy ?? null]
  },
  differentiable: 3,
})
/** Layer normalisation over the last axis: (x − mean)/√(var + eps)·gamma + beta (Ba et al. 2016, eq. 3). */
export const layerNorm = (x: Value, gamma: Value, beta: Value, { eps }: { eps: number }): Value =>
  layerNormOp([x, gamma, beta], { eps })[0]!

/** Like `layerNorm`, but also returns each row's mean and 1/√(var + eps), [.., 1]. */
export function layerNormStats(x: Value, gamma: Value, beta: Value, { eps }: { eps: number }) {
  const [y, mean, rstd] = layerNormOp([x, gamma, beta], { eps })
  return { y: y!, mean: mean!, rstd: rstd! }
}

/** x / ‖x‖₂ along an axis. */
export function l2Normalize(x: Value, { axis = -1, eps = 0 }: { axis?: number; eps?: number } = {}): Value {
  const norm = sqrt(reduceSum(mul(x, x), { axes: [axis], keepdims: true }))
  return div(x, eps > 0 ? clip(norm, { min: eps }) : norm)
}

/** Inverted dropout. `mask` is 1 for a kept unit; it is drawn from the run's seed and fed as an input. */
export const dropout = (x: Value, mask: Value, { p }: { p: number }): Value => mul(mul(x, mask), 1 / (1 - p))

export const square = (x: Value): Value => mul(x, x)
/** Linear interpolation a·x + (1 − a)·y. */
export const lerp = (x: Value, y: Value, a: number): Value => add(mul(x, a), mul(y, 1 - a))
