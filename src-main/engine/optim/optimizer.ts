import type { Value } from '../graph/graph.ts'
import { add, clip, div, mul, sqrt, square, sub } from '../ops/index.ts'
import { reduceSumSquare } from '../ops/reduce.ts'

/** A trained parameter: its tensor's name and shape, and whether weight decay applies. */
export interface Parameter {
  readonly name: string
  readonly shape: readonly number[]
  readonly decay: boolean
  /** Its learning rate relative to the step's; 1 by default. */
  readonly rate?: number
  /** The updates before it is trained; until then it stays as it is, and the optimiser does not count its steps. 0 by default. */
  readonly opens?: number
}

/** A gradient in our own memory, which counts `scale` times. */
interface Gradient {
  readonly data: Float32Array
  readonly scale: number
}

/** The update rule of one parameter, as graph nodes and in place. State tensors have the parameter's shape and start at 0. */
export interface Optimizer {
  readonly name: string
  /** The state tensors of each parameter, e.g. its moments. */
  readonly state: readonly string[]
  /** Scalars fed at each step, computed from the learning rate and the step (counted from 1). */
  scalars(lr: number, step: number): Record<string, number>
  update(w: Value, g: Value, state: readonly Value[], s: Readonly<Record<string, Value>>, decay: boolean): { w: Value; state: Value[] }
  /** The same rule for tensors in our own memory: overwrites `w` and `state`. */
  apply(w: Float32Array, g: Gradient, state: readonly Float32Array[], s: Readonly<Record<string, number>>, decay: boolean): void
}

/**
 * One update of `p`, scaled by `p.rate` (layer-wise learning rates as in BEiT, Bao et al. 2022, appendix). Scaling
 * the update is the same as scaling the rate, since every rule's update, decay included, is proportional to the
 * learning rate. @param open a scalar, 0 where `p` is not trained yet and 1 where it is; absent if it always was
 */
export function updateOf(
  optimizer: Optimizer,
  p: Parameter,
  w: Value,
  g: Value,
  state: readonly Value[],
  s: Readonly<Record<string, Value>>,
  open?: Value,
): { w: Value; state: Value[] } {
  const updated = optimizer.update(w, g, state, s, p.decay)
  if (p.rate === undefined && !open) return updated
  const share = open ? mul(open, p.rate ?? 1) : p.rate!
  return { ...updated, w: add(w, mul(sub(updated.w, w), share)) }
}

/**
 * AdamW (Loshchilov & Hutter 2019, algorithm 2; torch.optim.AdamW). The bias corrections are folded into two scalars:
 * lr·√c₂/c₁ · m/(√v + eps·√c₂) = lr · (m/c₁)/(√(v/c₂) + eps), with cᵢ = 1 − βᵢᵗ.
 */
export function adamW({ beta1 = 0.9, beta2 = 0.999, eps = 1e-8, weightDecay = 0.01 } = {}): Optimizer {
  return {
    name: 'adamw',
    state: ['m', 'v'],
    scalars: (lr, t) => {
      const c1 = 1 - beta1 ** t
      const c2 = Math.sqrt(1 - beta2 ** t)
      return { rate: (lr * c2) / c1, eps: eps * c2, keep: 1 - lr * weightDecay }
    },
    update: (w, g, [m0, v0], { rate, eps: e, keep }, decay) => {
      const m = add(mul(m0!, beta1), mul(g, 1 - beta1))
      const v = add(mul(v0!, beta2), mul(square(g), 1 - beta2))
      const step = mul(div(m, add(sqrt(v), e!)), rate!)
      return { w: sub(decay && weightDecay ? mul(w, keep!) : w, step), state: [m, v] }
    },
    apply: (w, { data, scale }, [m, v], { rate, eps: e, keep }, decay) => {
      const kept = decay && weightDecay ? keep! : 1
      adamInPlace(w, data, m!, v!, { scale, beta1, beta2, rate: rate!, eps: e!, kept })
    },
  }
}

interface AdamScalars {
  readonly scale: number
  readonly beta1: number
  readonly beta2: number
  readonly rate: number
  readonly eps: number
  readonly kept: number
}

/** {@link adamW}'s rule in one pass. A function of its own, so that it is compiled for these arrays once. */
function adamInPlace(w: Float32Array, g: Float32Array, m: Float32Array, v: Float32Array, s: AdamScalars): void {
  const { scale, beta1, beta2, rate, eps, kept } = s
  const [a, b] = [(1 - beta1) * scale, (1 - beta2) * scale * scale]
  for (let i = 0; i < w.length; i++) {
    const d = g[i]!
    const mean = beta1 * m[i]! + a * d
    const square = beta2 * v[i]! + b * d * d
    m[i] = mean
    v[i] = square
    w[i] = kept * w[i]! - (rate * mean) / (Math.sqrt(square) + eps)
  }
}

/**
 * SGD with momentum (torch.optim.SGD): b = μ·b + g; the update is b, or g + μ·b with Nesterov. Weight decay is an L2
 * term added to g.
 */
export function sgd({ momentum = 0.9, nesterov = false, weightDecay = 0 } = {}): Optimizer {
  return {
    name: 'sgd',
    state: momentum ? ['b'] : [],
    scalars: (lr) => ({ rate: lr }),
    update: (w, grad, [b0], { rate }, decay) => {
      const g = decay && weightDecay ? add(grad, mul(w, weightDecay)) : grad
      if (!momentum) return { w: sub(w, mul(g, rate!)), state: [] }
      const b = add(mul(b0!, momentum), g)
      return { w: sub(w, mul(nesterov ? add(g, mul(b, momentum)) : b, rate!)), state: [b] }
    },
    apply: (w, { data, scale }, [b], { rate }, decay) => {
      const drawn = decay ? weightDecay : 0
      for (let i = 0; i < w.length; i++) {
        const g = data[i]! * scale + drawn * w[i]!
        const moved = b ? momentum * b[i]! + g : g
        if (b) b[i] = moved
        w[i] = w[i]! - rate! * (b && nesterov ? g + momentum * moved : moved)
      }
    },
  }
}

/** √Σ‖g‖² over all gradients. */
export function globalNorm(grads: readonly Value[]): Value {
  return sqrt(grads.map((g) => reduceSumSquare(g)).reduce((a, b) => add(a, b)))
}

/** min(1, max/(norm + 1e-6)): the factor by which gradients are scaled (torch.nn.utils.clip_grad_norm_). */
export function clipFactor(norm: Value, maxNorm: number): Value {
  return clip(div(maxNorm, add(norm, 1e-6)), { max: 1 })
}
/** {@link clipFactor} of a number. */
export const clipScale = (norm: number, maxNorm: number): number => Math.min(1, maxNorm / (norm + 1e-6))
