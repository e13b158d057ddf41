import type { Value } from '../graph/graph.ts'
import { add, conv, div, mul, reduceMean, reshape, sqrt, sub } from '../ops/index.ts'
import type { Params, Weights } from './params.ts'

/**
 * Convolution layer on x [B, C, …]; tensors `NAME.weight` [out, C/groups, …kernel] and, by default, `NAME.bias`
 * [out].
 */
export function convolution(
  p: Weights,
  name: string,
  x: Value,
  out: number,
  {
    kernel,
    bias = true,
    groups = 1,
    ...rest
  }: { kernel: readonly number[]; bias?: boolean; groups?: number; stride?: number; padding?: number; dilation?: number },
): Value {
  const weight = p.get(`${name}.weight`, [out, x.shape[1]! / groups, ...kernel])
  return p.scoped(name, () => conv(x, weight, bias ? p.get(`${name}.bias`, [out]) : undefined, { groups, ...rest }))
}

/**
 * The weights [out, C/groups, …kernel] and bias [out] of a convolution without a bias and the batch normalisation after it, by
 * its running statistics. Tensors `NAME.c.weight` and `NAME.bn.weight`, `.bias`, `.running_mean`, `.running_var`.
 */
export function folded(p: Params, name: string, eps = 1e-5): { readonly weight: Float32Array; readonly bias: Float32Array } {
  const read = (tensor: string) => p.source.float32(`${name}.${tensor}`)
  const [weight, gain, shift, mean, variance] = ['c.weight', 'bn.weight', 'bn.bias', 'bn.running_mean', 'bn.running_var'].map(read)
  const scale = gain!.map((g, i) => g / Math.sqrt(variance![i]! + eps))
  const each = weight!.length / scale.length
  return {
    weight: weight!.map((w, i) => w * scale[Math.floor(i / each)]!),
    bias: shift!.map((b, i) => b - mean![i]! * scale[i]!),
  }
}

/**
 * A convolution without a bias and the batch normalisation after it, as one convolution: both are {@link folded} when the graph
 * is built, so neither can be trained. Padded so that stride 1 keeps the size.
 */
export function foldedConvolution(
  p: Params,
  name: string,
  x: Value,
  out: number,
  { kernel, groups = 1, stride = 1, eps = 1e-5 }: { kernel: number; groups?: number; stride?: number; eps?: number },
): Value {
  const { weight, bias } = folded(p, name, eps)
  const constants = [
    p.graph.constant(weight, 'float32', [out, x.shape[1]! / groups, kernel, kernel]),
    p.graph.constant(bias, 'float32', [out]),
  ] as const
  return p.scoped(name, () => conv(x, ...constants, { groups, stride, padding: Math.floor(kernel / 2) }))
}

/**
 * Batch normalisation of x [B, C, …] over all axes but the channels (Ioffe & Szegedy 2015, algorithm 1;
 * torch.nn.BatchNorm2d). While the layer is trained it uses the batch statistics and updates the running ones with
 * `momentum`; otherwise, or when frozen, it uses the running ones. Tensors `NAME.weight`, `.bias`, `.running_mean`
 * and `.running_var`, [C] each. @throws in training if a channel has only one value
 */
export function batchNorm(p: Params, name: string, x: Value, { eps = 1e-5, momentum = 0.1 } = {}): Value {
  const c = x.shape[1]!
  const [weight, bias] = [p.get(`${name}.weight`, [c]), p.get(`${name}.bias`, [c])]
  const [mean, variance] = [p.buffer(`${name}.running_mean`, [c]), p.buffer(`${name}.running_var`, [c])]
  return p.scoped(name, () => {
    const wide = (v: Value) => reshape(v, [1, c, ...x.shape.slice(2).map(() => 1)])
    if (!p.renews(`${name}.running_mean`)) {
      const scale = div(weight, sqrt(add(variance, eps)))
      return add(mul(x, wide(scale)), wide(sub(bias, mul(mean, scale))))
    }
    const axes = x.shape.flatMap((_, i) => (i === 1 ? [] : [i]))
    const n = axes.reduce((product, a) => product * x.shape[a]!, 1)
    if (n < 2) throw new Error(`batchNorm: [${x.shape}] has one value per channel, so no variance`)
    const batchMean = reduceMean(x, { axes, keepdims: true })
    const centred = sub(x, batchMean)
    const batchVariance = reduceMean(mul(centred, centred), { axes, keepdims: true })
    const follow = (old: Value, now: Value, factor: number) => add(mul(old, 1 - momentum), mul(reshape(now, [c]), momentum * factor))
    p.renew(`${name}.running_mean`, follow(mean, batchMean, 1))
    p.renew(`${name}.running_var`, follow(variance, batchVariance, n / (n - 1))) // running_var is the unbiased estimate
    return add(mul(div(centred, sqrt(add(batchVariance, eps))), wide(weight)), wide(bias))
  })
}
