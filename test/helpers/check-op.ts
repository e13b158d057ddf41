import { expect } from 'vitest'
import { gradients } from '../../src-main/engine/autodiff.ts'
import { Graph, reachableNodes, type Value } from '../../src-main/engine/graph/graph.ts'
import { add, mul, reduceSum } from '../../src-main/engine/ops/index.ts'
import { Session, tensor, type Tensor } from '../../src-main/engine/runtime/session.ts'
import { type HostArray, decode, expectClose, type GoldenTensor } from './golden.ts'

/** Applies an op to its operands; it may have several outputs. */
export type Apply<A = never> = (inputs: Value[], attrs: A) => Value | readonly Value[]

export interface GoldenCase {
  readonly op: string
  readonly attrs: unknown
  readonly inputs: GoldenTensor[]
  readonly outputs: GoldenTensor[]
  readonly dy?: GoldenTensor[]
  readonly grads?: (GoldenTensor | null)[]
}

/** An op in a session of its own: outputs y0 … and, for the inputs in `wrt`, gradients g0 … of Σ dyₖ·yₖ. */
async function build(apply: Apply<unknown>, attrs: unknown, inputs: readonly HostArray[], wrt: readonly number[]) {
  const graph = new Graph()
  const xs = inputs.map((x, i) => graph.input(`x${i}`, x.dtype, x.shape))
  const applied = apply(xs, attrs)
  const ys = 'graph' in applied ? [applied] : [...applied]
  ys.forEach((y, k) => graph.output(`y${k}`, y))
  const ops = new Set(reachableNodes(ys).map((n) => n.op.name))
  const dys = wrt.length ? ys.map((y, k) => graph.input(`dy${k}`, 'float32', y.shape)) : []
  if (wrt.length) {
    const loss = ys.map((y, k) => reduceSum(mul(y, dys[k]!))).reduce((a, b) => add(a, b))
    gradients(
      loss,
      wrt.map((i) => xs[i]!),
    ).forEach((g, j) => graph.output(`g${wrt[j]}`, g))
  }
  const session = await Session.create(graph, { threads: 1 })
  const feed = (x: HostArray) => tensor(x.data, x.dtype, x.shape)
  return {
    /** Registered ops used by the forward pass. */
    ops,
    outputShapes: ys.map((y) => y.shape),
    dtypes: ys.map((y) => y.dtype),
    release: () => session.release(),
    run: (values: readonly HostArray[], dy: readonly HostArray[]): Promise<Record<string, Tensor>> =>
      session.run(Object.fromEntries([...values.map((x, i) => [`x${i}`, feed(x)]), ...dy.map((d, k) => [`dy${k}`, feed(d)])])),
  }
}

/**
 * Checks outputs within 1e-5 and gradients within 1e-4 of PyTorch's.
 * @returns the registered ops that were differentiated
 */
export async function checkGolden(
  apply: Apply<unknown>,
  { op, attrs, inputs, outputs, dy = [], grads = [] }: GoldenCase,
): Promise<Set<string>> {
  const wrt = grads.flatMap((g, i) => (g ? [i] : []))
  const xs = inputs.map(decode)
  const session = await build(apply, attrs, xs, wrt)
  const got = await session.run(xs, dy.map(decode))
  const what = `${op} ${JSON.stringify(attrs)} of [${xs.map((x) => x.shape.join('×')).join('], [')}]`
  expect(session.outputShapes.length).toBe(outputs.length)
  outputs.forEach((y, k) => {
    expect(session.outputShapes[k], `${what}: inferred shape of output ${k}`).toEqual(y.shape)
    expectClose(`${what}: output ${k}`, got[`y${k}`]!, y, 1e-5)
  })
  for (const i of wrt) expectClose(`${what}: gradient of input ${i}`, got[`g${i}`]!, grads[i]!, 1e-4)
  await session.release()
  return session.ops
}

/** A point at which to test a gradient: at least 0.05 from any kink along each coordinate. */
export interface Point {
  readonly attrs: unknown
  readonly inputs: readonly HostArray[]
}

/**
 * Central differences, one per float input: the derivative of Σ dy·y along a random direction of ±1, by the five-point
 * stencil (error O(h⁴); h = 2⁻⁶ keeps rounding near 1e-5), against ⟨gradient, direction⟩.
 */
export async function checkNumerically(
  name: string,
  apply: Apply<unknown>,
  { attrs, inputs }: Point,
  random: () => number,
  wrt?: readonly number[],
): Promise<Set<string>> {
  const H = 2 ** -6
  const over = wrt ?? inputs.flatMap((x, i) => (x.dtype === 'float32' ? [i] : []))
  const session = await build(apply, attrs, inputs, over)
  const dy = session.outputShapes.map((shape): HostArray => ({
    dtype: 'float32',
    shape,
    data: Float32Array.from({ length: size(shape) }, () => 2 * random() - 1),
  }))
  const analytic = await session.run(inputs, dy)
  for (const i of over) {
    const x = inputs[i]!
    const direction = Float32Array.from(x.data, () => (random() < 0.5 ? -1 : 1))
    const loss = async (h: number) => {
      const moved = inputs.map((y, j): HostArray =>
        j === i ? { ...x, data: Float32Array.from(x.data as Float32Array, (v, k) => v + h * direction[k]!) } : y,
      )
      const out = await session.run(moved, dy)
      return dy.reduce((sum, d, k) => sum + dot(d.data as Float32Array, out[`y${k}`]!.data as Float32Array), 0)
    }
    const numeric = (8 * ((await loss(H)) - (await loss(-H))) - ((await loss(2 * H)) - (await loss(-2 * H)))) / (12 * H)
    const g = analytic[`g${i}`]!.data as Float32Array
    expect(analytic[`g${i}`]!.dims, `${name}: shape of the gradient of input ${i}`).toEqual(x.shape)
    const scale = Math.max(1, Math.sqrt(dot(g, g)))
    const what = `${name} ${JSON.stringify(attrs)} of [${inputs.map((t) => t.shape.join('×')).join('], [')}]: input ${i}`
    expect(
      Math.abs(dot(g, direction) - numeric) / scale,
      `${what}: ⟨gradient, direction⟩ ${dot(g, direction)}, differences ${numeric}`,
    ).toBeLessThan(5e-4)
  }
  await session.release()
  return session.ops
}

const size = (shape: readonly number[]) => shape.reduce((a, b) => a * b, 1)
const dot = (a: ArrayLike<number>, b: ArrayLike<number>) => {
  let sum = 0
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!
  return sum
}
