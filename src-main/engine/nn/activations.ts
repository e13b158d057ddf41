import type { Value } from '../graph/graph.ts'
import { add, clip, erf, exp, gelu, geluTanh, greater, log, mul, neg, quickGelu, relu, sigmoid, sub, tanh, where } from '../ops/index.ts'

const silu = (x: Value) => mul(x, sigmoid(x))
const relu6 = (x: Value) => clip(x, { min: 0, max: 6 })
/** log(1 + eˣ), without overflow. */
const softplus = (x: Value) => add(relu(x), log(add(exp(neg(add(relu(x), relu(neg(x))))), 1)))
/** LaplaceActivation (Ma et al. 2022, MEGA), with transformers' constants. */
const laplace = (x: Value) => mul(add(erf(mul(sub(x, 0.707107), 1 / (0.282095 * Math.SQRT2))), 1), 0.5)

/**
 * The entries of transformers' ACT2FN that have no weights. Several names are aliases of one function from different
 * releases.
 */
export const activations = {
  gelu,
  gelu_python: gelu,
  gelu_10: (x: Value) => clip(gelu(x), { min: -10, max: 10 }),
  gelu_new: geluTanh,
  gelu_fast: geluTanh,
  gelu_accurate: geluTanh,
  gelu_pytorch_tanh: geluTanh,
  gelu_python_tanh: geluTanh,
  quick_gelu: quickGelu,
  silu,
  swish: silu,
  mish: (x: Value) => mul(x, tanh(softplus(x))),
  hardswish: (x: Value) => mul(mul(x, relu6(add(x, 3))), 1 / 6),
  relu,
  relu2: (x: Value) => mul(relu(x), relu(x)),
  relu6,
  leaky_relu: (x: Value) => where(greater(x, 0), x, mul(x, 0.01)),
  sigmoid,
  tanh,
  laplace,
  linear: (x: Value) => x,
} as const
export type Activation = keyof typeof activations
export const activationNames = Object.keys(activations) as [Activation, ...Activation[]]
