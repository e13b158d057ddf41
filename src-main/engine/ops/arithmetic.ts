import type { Value } from '../graph/graph.ts'
import { broadcast, defineOp, float, noGradient, type Operand } from './define.ts'
import { equal } from './shape.ts'

/** A broadcasting binary op; the backward pass sums gradients down to the operands' shapes (unbroadcast). */
function binary(name: string, vjp: (a: Value, b: Value, dy: Value, y: Value) => [Value, Value]) {
  const apply = defineOp(name, {
    shape: ([a, b]) => broadcast(a!.shape, b!.shape, name),
    vjp: ({ inputs: [a, b], dy, y }) => vjp(a!, b!, dy, y),
  })
  return (a: Operand, b: Operand): Value => apply([a, b], undefined)[0]!
}

/** An elementwise op of one operand. */
function unary(name: string, vjp: (x: Value, dy: Value, y: Value) => Value) {
  const apply = defineOp(name, {
    shape: ([x]) => x!.shape,
    vjp: ({ inputs: [x], dy, y }) => [vjp(x!, dy, y)],
  })
  return (x: Value): Value => apply([x], undefined)[0]!
}

export const add = binary('Add', (_a, _b, dy) => [dy, dy])
export const sub = binary('Sub', (_a, _b, dy) => [dy, neg(dy)])
export const mul = binary('Mul', (a, b, dy) => [mul(dy, b), mul(dy, a)])
export const div = binary('Div', (_a, b, dy, y) => [div(dy, b), neg(mul(div(dy, b), y))])

export const neg = unary('Neg', (_x, dy) => neg(dy))
export const sqrt = unary('Sqrt', (_x, dy, y) => div(mul(dy, 0.5), y))
export const exp = unary('Exp', (_x, dy, y) => mul(dy, y))
export const log = unary('Log', (x, dy) => div(dy, x))
export const erf = unary('Erf', (x, dy) => mul(dy, mul(2 / Math.sqrt(Math.PI), exp(neg(mul(x, x))))))
export const tanh = unary('Tanh', (_x, dy, y) => mul(dy, sub(1, mul(y, y))))
export const sin: (x: Value) => Value = unary('Sin', (x, dy) => mul(dy, cos(x)))
export const cos: (x: Value) => Value = unary('Cos', (x, dy) => neg(mul(dy, sin(x))))
export const sigmoid = unary('Sigmoid', (_x, dy, y) => mul(dy, mul(y, sub(1, y))))
export const relu = unary('Relu', (x, dy) => where(greater(x, 0), dy, 0))

const floorOp = defineOp('Floor', { shape: ([x]) => x!.shape, vjp: noGradient })
/** ⌊x⌋, elementwise. Its gradient is zero. */
export const floor = (x: Value): Value => floorOp([x], undefined)[0]!

const powOp = defineOp<{ exponent: number }>('Pow', {
  shape: ([x]) => x!.shape,
  emit: ([x], { exponent }) => ({ inputs: [x!, { dtype: 'float32', shape: [], data: Float32Array.of(exponent) }] }),
  vjp: ({ inputs: [x], dy, attrs: { exponent } }) => [mul(dy, mul(exponent, pow(x!, exponent - 1)))],
})
/** x raised to a constant. */
export const pow = (x: Value, exponent: number): Value =>
  exponent === 0 ? add(mul(x, 0), 1) : exponent === 1 ? x : powOp([x], { exponent })[0]!

const greaterOp = defineOp('Greater', {
  shape: ([a, b]) => [{ dtype: 'bool', shape: broadcast(a!.shape, b!.shape, 'Greater') }],
  vjp: () => [null, null],
})
export const greater = (a: Value, b: Operand): Value => greaterOp([a, b], undefined)[0]!

const whereOp = defineOp('Where', {
  shape: ([c, a, b]) => [{ dtype: a!.dtype, shape: broadcast(c!.shape, broadcast(a!.shape, b!.shape, 'Where'), 'Where') }],
  vjp: ({ inputs: [c], dy }) => [null, where(c!, dy, 0), where(c!, 0, dy)],
})
/** condition ? a : b, elementwise with broadcasting. */
export const where = (condition: Value, a: Operand, b: Operand): Value => whereOp([condition, a, b], undefined)[0]!

const clipOp = defineOp<{ min: number; max: number }>('Clip', {
  shape: ([x]) => x!.shape,
  emit: ([x], { min, max }) => ({
    inputs: [x!, ...[min, max].map((b) => ({ dtype: 'float32' as const, shape: [], data: Float32Array.of(b) }))],
  }),
  // The gradient passes where x is within the bounds, inclusive (as in torch.clamp): there y = x.
  vjp: ({ inputs: [x], y, dy }) => [where(equal(x!, y), dy, 0)],
})
/** Clamps x to [min, max]; either bound may be omitted. */
export function clip(x: Value, { min = -FLOAT_MAX, max = FLOAT_MAX }: { min?: number; max?: number }): Value {
  return clipOp([x], { min, max })[0]!
}
const FLOAT_MAX = 3.4028234663852886e38

export const minimum = (a: Value, b: Operand): Value => where(greater(a, b), b, a)

const quickGeluOp = defineOp('QuickGelu', {
  shape: ([x]) => x!.shape,
  emit: (inputs) => ({ domain: 'com.microsoft', inputs, attributes: { alpha: float(1.702) } }),
  vjp: ({ inputs: [x], y, dy }) => {
    const s = sigmoid(mul(x!, 1.702))
    return [mul(dy, add(s, mul(mul(y, 1.702), sub(1, s))))] // y = x·s
  },
})
/** x·σ(1.702x), CLIP's activation (openai/CLIP model.py QuickGELU). */
export const quickGelu = (x: Value): Value => quickGeluOp([x], undefined)[0]!

const geluOp = defineOp<{ approximate: 'none' | 'tanh' }>('Gelu', {
  shape: ([x]) => x!.shape,
  emit: (inputs, { approximate }) => ({ inputs, attributes: { approximate } }),
  vjp: ({ inputs: [x], dy, attrs: { approximate } }) => {
    if (approximate === 'none') {
      const cdf = mul(add(erf(mul(x!, Math.SQRT1_2)), 1), 0.5)
      const pdf = mul(exp(mul(mul(x!, x!), -0.5)), 1 / Math.sqrt(2 * Math.PI))
      return [mul(dy, add(cdf, mul(x!, pdf)))]
    }
    const k = Math.sqrt(2 / Math.PI)
    const x2 = mul(x!, x!)
    const t = tanh(mul(mul(x!, add(mul(x2, 0.044715), 1)), k))
    const inner = mul(add(mul(x2, 3 * 0.044715), 1), k)
    return [mul(dy, mul(0.5, add(add(t, 1), mul(mul(x!, sub(1, mul(t, t))), inner))))]
  },
})
/** x·Φ(x) (Hendrycks & Gimpel 2016). */
export const gelu = (x: Value): Value => geluOp([x], { approximate: 'none' })[0]!
/** The tanh approximation of GELU (transformers' gelu_pytorch_tanh). */
export const geluTanh = (x: Value): Value => geluOp([x], { approximate: 'tanh' })[0]!
