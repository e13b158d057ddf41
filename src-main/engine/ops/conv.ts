import { type Shape, sizeOf, type Value } from '../graph/graph.ts'
import { defineOp } from './define.ts'
import { gemm, matmul } from './linear.ts'
import { reduceSum } from './reduce.ts'
import { concat, pad, reshape, slice, swapLast, transpose, unsqueeze } from './shape.ts'

/** A window over the spatial axes, i.e. those after [batch, channels]. A single number applies to every axis. */
export interface Window {
  readonly stride?: number | readonly number[]
  /** Zeros at both ends of each axis; or all begins followed by all ends, as in ONNX. */
  readonly padding?: number | readonly number[]
  readonly dilation?: number | readonly number[]
}

/** A window with one value per axis, and two paddings (begins, ends). */
export interface FullWindow {
  readonly kernel: readonly number[]
  readonly strides: readonly number[]
  readonly pads: readonly number[]
  readonly dilations: readonly number[]
}

export function fullWindow(kernel: readonly number[], { stride = 1, padding = 0, dilation = 1 }: Window): FullWindow {
  const n = kernel.length
  const each = (x: number | readonly number[]) => (typeof x === 'number' ? new Array<number>(n).fill(x) : [...x])
  const pads = each(padding)
  return { kernel, strides: each(stride), pads: pads.length === n ? [...pads, ...pads] : pads, dilations: each(dilation) }
}

/** The extent of the dilated kernel along each axis. */
export const reach = ({ kernel, dilations }: FullWindow): number[] => kernel.map((k, i) => dilations[i]! * (k - 1) + 1)

/** The number of window positions along each spatial axis of `shape`. @throws if no window fits */
export function windowsOf(shape: Shape, w: FullWindow, name: string): number[] {
  const n = w.kernel.length
  const span = reach(w)
  const sizes = shape.slice(2).map((d, i) => Math.floor((d + w.pads[i]! + w.pads[i + n]! - span[i]!) / w.strides[i]!) + 1)
  if (shape.length !== n + 2 || sizes.some((d) => !(d >= 1))) throw new Error(`${name}: a window of [${w.kernel}] does not fit [${shape}]`)
  return sizes
}

/** x [a, b, …spatial] padded with `value` on its spatial axes. */
export function padSpatial(x: Value, { pads }: FullWindow, value = 0): Value {
  const n = pads.length / 2
  return pads.every((p) => p === 0) ? x : pad(x, { pads: [0, 0, ...pads.slice(0, n), 0, 0, ...pads.slice(n)], value })
}

/**
 * For each kernel offset, in row-major order, the elements it covers at every window position: [a, b, …out] each; x
 * is already padded.
 */
export function underWindows(padded: Value, out: readonly number[], { kernel, strides, dilations }: FullWindow): Value[] {
  return out.reduce<Value[]>(
    (parts, n, i) =>
      parts.flatMap((part) =>
        Array.from({ length: kernel[i]! }, (_, k) => {
          const start = k * dilations[i]!
          return slice(part, { axis: i + 2, start, end: start + (n - 1) * strides[i]! + 1, step: strides[i]! })
        }),
      ),
    [padded],
  )
}

interface ConvAttrs extends FullWindow {
  readonly group: number
}

const convOp = defineOp<ConvAttrs>('Conv', {
  shape: ([x, w, b], a) => {
    const fits = x!.shape[1] === w!.shape[1]! * a.group && w!.shape[0]! % a.group === 0 && (!b || b.shape[0] === w!.shape[0])
    if (!fits) throw new Error(`Conv: [${x!.shape}] * [${w!.shape}] in ${a.group} groups`)
    return [x!.shape[0]!, w!.shape[0]!, ...windowsOf(x!.shape, a, 'Conv')]
  },
  emit: (inputs, { kernel, strides, pads, dilations, group }) => ({
    inputs,
    attributes: { kernel_shape: kernel, strides, pads, dilations, group },
  }),
  vjp: ({ inputs: [x, w], dy, attrs }) => [
    spread(dy, w!, x!.shape.slice(2), attrs),
    weightGradient(x!, dy, w!.shape, attrs),
    overChannels(dy),
  ],
})

const convTransposeOp = defineOp<ConvAttrs & { readonly outputPadding: readonly number[] }>('ConvTranspose', {
  shape: ([x, w, b], a) => {
    const channels = w!.shape[1]! * a.group
    if (x!.shape[1] !== w!.shape[0] || x!.shape.length !== w!.shape.length || (b && b.shape[0] !== channels))
      throw new Error(`ConvTranspose: [${x!.shape}] * [${w!.shape}] in ${a.group} groups`)
    return [x!.shape[0]!, channels, ...spreadSize(x!.shape, a).map((d, i) => d + a.outputPadding[i]!)]
  },
  emit: (inputs, { kernel, strides, pads, dilations, group, outputPadding }) => ({
    inputs,
    attributes: { kernel_shape: kernel, strides, pads, dilations, group, output_padding: outputPadding },
  }),
  vjp: ({ inputs: [x, w], dy, attrs: { outputPadding: _, ...attrs } }) => [
    convOp([dy, w!], attrs)[0]!,
    weightGradient(dy, x!, w!.shape, attrs),
    overChannels(dy),
  ],
})

const overChannels = (dy: Value) => reduceSum(dy, { axes: dy.shape.flatMap((_, i) => (i === 1 ? [] : [i])) })

/** The spatial output size of a transposed convolution, without output padding. */
const spreadSize = (shape: Shape, a: FullWindow): number[] =>
  reach(a).map((span, i) => (shape[i + 2]! - 1) * a.strides[i]! + span - a.pads[i]! - a.pads[i + a.kernel.length]!)

/** The gradient with respect to a convolution's input, of spatial size `to`: the transposed convolution of dy. */
function spread(dy: Value, w: Value, to: readonly number[], a: ConvAttrs): Value {
  const outputPadding = spreadSize(dy.shape, a).map((d, i) => to[i]! - d)
  return convTransposeOp([dy, w], { ...a, outputPadding })[0]!
}

/**
 * The gradient with respect to a convolution's weight [O, C/group, …kernel], as one product over all images and
 * positions (im2col, Chellapilla et al. 2006). Windows are laid out channels first, so that no large array is
 * transposed.
 */
function weightGradient(x: Value, dy: Value, shape: Shape, a: ConvAttrs): Value {
  const channelsFirst = (v: Value) => transpose(v, [1, 0, ...v.shape.slice(2).map((_, i) => i + 2)])
  const [c, o, g] = [x.shape[1]!, shape[0]!, a.group]
  const parts = underWindows(padSpatial(channelsFirst(x), a), dy.shape.slice(2), a)
  const places = parts.length
  const columns = concat(
    parts.map((part) => unsqueeze(part, [1])),
    { axis: 1 },
  ) // [C, places, B, …out]
  const upstream = channelsFirst(dy) // [O, B, …out]
  if (g === 1) return reshape(gemm(reshape(upstream, [o, -1]), reshape(columns, [c * places, -1]), undefined, { transB: true }), shape)
  const product = matmul(reshape(upstream, [g, o / g, -1]), swapLast(reshape(columns, [g, (c / g) * places, -1])))
  return reshape(product, shape)
}

interface ConvOptions extends Window {
  readonly groups?: number
}

/**
 * Convolution of x [B, C, …] with a weight [O, C/groups, …kernel] and bias [O], zero-padded; any number of spatial
 * axes (torch.nn.functional.conv2d). @throws if the shapes do not match
 */
export function conv(x: Value, weight: Value, bias?: Value, { groups = 1, ...window }: ConvOptions = {}): Value {
  const attrs = { ...fullWindow(weight.shape.slice(2), window), group: groups }
  return convOp(bias ? [x, weight, bias] : [x, weight], attrs)[0]!
}

/**
 * Transposed convolution of x [B, C, …] with a weight [C, O/groups, …kernel] and bias [O]
 * (torch.nn.functional.conv_transpose2d). `outputPadding`, less than the stride, extends the far end of each axis.
 */
export function convTranspose(
  x: Value,
  weight: Value,
  bias?: Value,
  { groups = 1, outputPadding = 0, ...window }: ConvOptions & { outputPadding?: number | readonly number[] } = {},
): Value {
  const attrs = { ...fullWindow(weight.shape.slice(2), window), group: groups }
  const extra = fullWindow(weight.shape.slice(2), { stride: outputPadding }).strides
  return convTransposeOp(bias ? [x, weight, bias] : [x, weight], { ...attrs, outputPadding: extra })[0]!
}

/**
 * The transpose of {@link underWindows}: adds the parts [a, b, …out] at their window positions, giving [a, b, …size].
 */
export function overWindows(parts: readonly Value[], size: readonly number[], w: FullWindow): Value {
  const n = parts.length
  const stacked = concat(
    parts.map((part) => unsqueeze(part, [2])),
    { axis: 2 },
  )
  const oneHot = Float32Array.from({ length: n * n }, (_, i) => Number(i % (n + 1) === 0))
  return overPlanes(stacked, oneHot, size, w)
}

/** Adds one value [a, b, …out] at every offset of its window: [a, b, …size]. */
export const underEach = (part: Value, size: readonly number[], w: FullWindow): Value =>
  overPlanes(unsqueeze(part, [2]), new Float32Array(sizeOf(w.kernel)).fill(1), size, w)

/** A transposed convolution of each plane of [a, b, n, …out] with the constant weight [n, 1, …kernel]. */
function overPlanes(planes: Value, weight: Float32Array, size: readonly number[], w: FullWindow): Value {
  const [a, b, n, ...out] = planes.shape as [number, number, number, ...number[]]
  const kernel = planes.graph.constant(weight, 'float32', [n, 1, ...w.kernel])
  return reshape(spread(reshape(planes, [a * b, n, ...out]), kernel, size, { ...w, group: 1 }), [a, b, ...size])
}
