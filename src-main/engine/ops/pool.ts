import { sizeOf, type Value } from '../graph/graph.ts'
import { div, mul, sub, where } from './arithmetic.ts'
import { type FullWindow, fullWindow, overWindows, padSpatial, reach, underEach, underWindows, type Window, windowsOf } from './conv.ts'
import { defineOp } from './define.ts'
import { equal } from './shape.ts'

const LOWEST = -3.4028234663852886e38

/** A pooling window; the stride defaults to the kernel size (as in PyTorch). */
interface Pool extends Window {
  readonly kernel: number | readonly number[]
}
function poolWindow(x: Value, { kernel, stride, ...rest }: Pool): FullWindow {
  const size = typeof kernel === 'number' ? new Array<number>(x.shape.length - 2).fill(kernel) : kernel
  return fullWindow(size, { stride: stride ?? size, ...rest })
}

const maxPoolOp = defineOp<FullWindow>('MaxPool', {
  shape: ([x], w) => [...x!.shape.slice(0, 2), ...windowsOf(x!.shape, w, 'MaxPool')],
  emit: (inputs, { kernel, strides, pads, dilations }) => ({ inputs, attributes: { kernel_shape: kernel, strides, pads, dilations } }),
  // The gradient goes to the first maximum of each window in row-major order, as in PyTorch.
  vjp: ({ inputs: [x], y, dy, attrs }) => {
    let free = dy
    const parts = underWindows(padSpatial(x!, attrs, LOWEST), y.shape.slice(2), attrs).map((part) => {
      const taken = where(equal(part, y), free, 0)
      free = sub(free, taken)
      return taken
    })
    return [overWindows(parts, x!.shape.slice(2), attrs)]
  },
})
/**
 * Maximum over each window (torch.nn.functional.max_pool2d). With `ceil`, a window may start within x and end beyond
 * it.
 */
export function maxPool(x: Value, { ceil = false, ...pool }: Pool & { ceil?: boolean }): Value {
  const w = poolWindow(x, pool)
  return maxPoolOp([x], ceil ? { ...w, pads: ceilPads(x, w) } : w)[0]!
}

/** Extra end padding that admits the last partial window. Harmless: padding never wins a maximum. */
function ceilPads(x: Value, w: FullWindow): number[] {
  const n = w.kernel.length
  const ends = reach(w).map((span, i) => {
    const [d, before, after, stride] = [x.shape[i + 2]!, w.pads[i]!, w.pads[i + n]!, w.strides[i]!]
    const count = Math.ceil((d + before + after - span) / stride) + 1
    const last = (count - 1) * stride >= d + before ? count - 1 : count
    return Math.max(after, (last - 1) * stride + span - d - before)
  })
  return [...w.pads.slice(0, n), ...ends]
}

const averagePoolOp = defineOp<FullWindow & { readonly countPadding: boolean }>('AveragePool', {
  shape: ([x], w) => [...x!.shape.slice(0, 2), ...windowsOf(x!.shape, w, 'AveragePool')],
  emit: (inputs, { kernel, strides, pads, countPadding }) => ({
    inputs,
    attributes: { kernel_shape: kernel, strides, pads, count_include_pad: Number(countPadding) },
  }),
  vjp: ({ inputs: [x], dy, attrs }) => {
    const share = attrs.countPadding ? div(dy, sizeOf(attrs.kernel)) : mul(dy, shares(dy, x!.shape.slice(2), attrs))
    return [underEach(share, x!.shape.slice(2), attrs)]
  },
})
/** Mean over each window (torch.nn.functional.avg_pool2d); padding zeros count unless `countPadding` is false. */
export function averagePool(x: Value, { countPadding = true, ...pool }: Omit<Pool, 'dilation'> & { countPadding?: boolean }): Value {
  return averagePoolOp([x], { ...poolWindow(x, pool), countPadding })[0]!
}

/** The reciprocal of the number of elements of x in each window, [1, 1, …out]. */
function shares(like: Value, size: readonly number[], { kernel, strides, pads }: FullWindow): Value {
  const out = like.shape.slice(2)
  const along = out.map((n, i) =>
    Array.from({ length: n }, (_, k) => {
      const start = k * strides[i]! - pads[i]!
      return Math.min(size[i]!, start + kernel[i]!) - Math.max(0, start)
    }),
  )
  const counts = along.reduce<number[]>((all, axis) => all.flatMap((a) => axis.map((b) => a * b)), [1])
  return like.graph.constant(
    Float32Array.from(counts, (n) => 1 / n),
    'float32',
    [1, 1, ...out],
  )
}
