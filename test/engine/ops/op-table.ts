import fc from 'fast-check'
import { gradients } from '../../../src-main/engine/autodiff.ts'
import type { Value } from '../../../src-main/engine/graph/graph.ts'
import * as ops from '../../../src-main/engine/ops/index.ts'
import { contrastive, crossEntropy } from '../../../src-main/engine/tasks/losses.ts'
import type { Apply, Point } from '../../helpers/check-op.ts'
import type { HostArray } from '../../helpers/golden.ts'

/** How an op is applied to the operands and attributes of a golden case, and random points at which its gradient is tested. */
export interface OpEntry {
  readonly apply: Apply<never>
  /** Left out for ops that have no gradient. */
  readonly points?: fc.Arbitrary<Point>
  /** Inputs to differentiate, where not all float ones. */
  readonly wrt?: readonly number[]
}

type Shape = readonly number[]
const size = (shape: Shape) => shape.reduce((a, b) => a * b, 1)
const dim = fc.integer({ min: 1, max: 4 })
const shapeOf = (min: number, max: number) => fc.array(dim, { minLength: min, maxLength: max })
const anyShape = shapeOf(0, 3)

/** Floats in [lo, hi], none nearer than 0.1 to a kink. */
const floats = (shape: Shape, [lo, hi] = [-2, 2], kinks: readonly number[] = []): fc.Arbitrary<HostArray> =>
  fc
    .array(fc.float({ min: lo, max: hi, noNaN: true, noDefaultInfinity: true }), { minLength: size(shape), maxLength: size(shape) })
    .map((xs) => ({
      dtype: 'float32' as const,
      shape,
      data: Float32Array.from(xs, (x) => kinks.reduce((v, k) => (Math.abs(v - k) < 0.1 ? k + (v < k ? -0.1 : 0.1) : v), x)),
    }))
/** Values all at least 0.1 apart, for ops that pick one of several. */
const distinct = (shape: Shape): fc.Arbitrary<HostArray> =>
  fc
    .shuffledSubarray(
      Array.from({ length: size(shape) }, (_, i) => i),
      { minLength: size(shape) },
    )
    .map((order) => ({
      dtype: 'float32' as const,
      shape,
      data: Float32Array.from(order, (i) => i / 8 - 1),
    }))
const indices = (shape: Shape, below: number): fc.Arbitrary<HostArray> =>
  fc
    .array(fc.nat(below - 1), { minLength: size(shape), maxLength: size(shape) })
    .map((xs) => ({ dtype: 'int32' as const, shape, data: Int32Array.from(xs) }))
const bools = (shape: Shape): fc.Arbitrary<HostArray> =>
  fc
    .array(fc.boolean(), { minLength: size(shape), maxLength: size(shape) })
    .map((xs) => ({ dtype: 'bool' as const, shape, data: Uint8Array.from(xs, Number) }))
const point = (attrs: unknown, ...inputs: fc.Arbitrary<HostArray>[]): fc.Arbitrary<Point> =>
  fc.tuple(...inputs).map((xs) => ({ attrs, inputs: xs }))

/** Shapes that broadcast with each other: each from one full shape, some axes made 1, some leading axes dropped. */
const broadcasting = (n: number) =>
  anyShape.chain((full) =>
    fc.tuple(
      ...Array.from({ length: n }, () =>
        fc
          .tuple(fc.nat(full.length), fc.array(fc.boolean(), { minLength: full.length, maxLength: full.length }))
          .map(([drop, ones]) => full.map((d, i) => (ones[i] ? 1 : d)).slice(drop)),
      ),
    ),
  )

const unary = (f: (x: Value) => Value, range?: [number, number], kinks?: number[]): OpEntry => ({
  apply: ([x]) => f(x!),
  points: anyShape.chain((s) => point({}, floats(s, range, kinks))),
})
const binary = (f: (a: Value, b: Value) => Value, range?: [number, number]): OpEntry => ({
  apply: ([a, b]) => f(a!, b!),
  points: broadcasting(2).chain(([a, b]) => point({}, floats(a!), floats(b!, range))),
})
const axisOf = (s: Shape) => fc.integer({ min: -s.length, max: s.length - 1 })
const alongAxis = (f: (x: Value, a: { axis: number }) => Value, range?: [number, number]): OpEntry => ({
  apply: ([x], a: { axis: number }) => f(x!, a),
  points: shapeOf(1, 3).chain((s) => axisOf(s).chain((axis) => point({ axis }, floats(s, range)))),
})
type Reduction = { axes?: number[]; keepdims?: boolean }
const reduction = (f: (x: Value, a: Reduction) => Value, values: (s: Shape) => fc.Arbitrary<HostArray> = floats): OpEntry => ({
  apply: ([x], a: Reduction) => f(x!, a),
  points: anyShape.chain((s) =>
    fc
      .tuple(
        fc.option(
          fc.subarray(
            s.map((_, i) => i),
            { minLength: Math.min(1, s.length) },
          ),
          { nil: undefined, freq: 3 },
        ),
        fc.boolean(),
      )
      .chain(([axes, keepdims]) => point({ axes, keepdims }, values(s))),
  ),
})
const withoutGradient = (apply: Apply<never>): OpEntry => ({ apply })

const patches = fc.record({
  n: dim,
  c: dim,
  o: dim,
  k: fc.integer({ min: 1, max: 3 }),
  h: fc.integer({ min: 1, max: 2 }),
  w: fc.integer({ min: 1, max: 3 }),
  rest: fc.nat(2),
  bias: fc.boolean(),
})
const convPoints = (remainder: boolean) =>
  patches.chain(({ n, c, o, k, h, w, rest, bias }) =>
    point({}, floats([n, c, h * k + (remainder ? rest % k : 0), w * k]), floats([o, c, k, k]), ...(bias ? [floats([o])] : [])),
  )

/** Every function of engine/ops, and the losses. */
export const table: Readonly<Record<string, OpEntry>> = {
  add: binary(ops.add),
  sub: binary(ops.sub),
  mul: binary(ops.mul),
  div: binary(ops.div, [0.5, 2]),
  neg: unary(ops.neg),
  square: unary(ops.square),
  sqrt: unary(ops.sqrt, [0.25, 4]),
  exp: unary(ops.exp),
  log: unary(ops.log, [0.25, 4]),
  erf: unary(ops.erf),
  tanh: unary(ops.tanh),
  sigmoid: unary(ops.sigmoid),
  relu: unary(ops.relu, [-2, 2], [0]),
  gelu: unary(ops.gelu),
  geluTanh: unary(ops.geluTanh),
  quickGelu: unary(ops.quickGelu),
  pow: {
    apply: ([x], a: { exponent: number }) => ops.pow(x!, a.exponent),
    points: fc.tuple(anyShape, fc.constantFrom(-1, 0.5, 1, 2, 3)).chain(([s, exponent]) => point({ exponent }, floats(s, [0.5, 2]))),
  },
  clip: {
    apply: ([x], a: { min?: number; max?: number }) => ops.clip(x!, a),
    points: fc
      .tuple(anyShape, fc.constantFrom({ min: -0.5, max: 0.75 }, { min: 0 }, { max: 1 }))
      .chain(([s, a]) => point(a, floats(s, [-2, 2], [-0.5, 0, 0.75, 1]))),
  },
  lerp: {
    apply: ([x, y], a: { a: number }) => ops.lerp(x!, y!, a.a),
    points: broadcasting(2).chain(([a, b]) => point({ a: 0.3 }, floats(a!), floats(b!))),
  },
  minimum: {
    apply: ([a, b]) => ops.minimum(a!, b!),
    // Whole and half numbers: never nearer than a half.
    points: broadcasting(2).chain(([a, b]) =>
      point(
        {},
        indices(a!, 5).map((x) => asFloats(x, 0)),
        indices(b!, 5).map((x) => asFloats(x, 0.5)),
      ),
    ),
  },
  where: {
    apply: ([c, a, b]) => ops.where(c!, a!, b!),
    points: broadcasting(3).chain(([c, a, b]) => point({}, bools(c!), floats(a!), floats(b!))),
  },
  stopGradient: { apply: ([x]) => ops.mul(ops.stopGradient(x!), x!) }, // by definition no derivative of what it computes
  greater: withoutGradient(([a, b]) => ops.greater(a!, b!)),
  equal: withoutGradient(([a, b]) => ops.equal(a!, b!)),
  argmax: withoutGradient(([x], a: { axis: number }) => ops.argmax(x!, a)),
  cast: withoutGradient(([x], a: { to: 'float32' | 'int64' }) => ops.cast(x!, a.to)),

  softmax: alongAxis(ops.softmax),
  logSoftmax: alongAxis(ops.logSoftmax),
  l2Normalize: alongAxis(ops.l2Normalize, [0.25, 2]),
  layerNorm: {
    apply: ([x, g, b], a: { eps: number }) => ops.layerNorm(x!, g!, b!, a),
    points: fc
      .tuple(shapeOf(0, 2), fc.integer({ min: 2, max: 6 }))
      .chain(([rows, d]) => point({ eps: 0.1 }, floats([...rows, d]), floats([d]), floats([d]))),
  },
  reduceSum: reduction(ops.reduceSum),
  reduceMean: reduction(ops.reduceMean),
  reduceSumSquare: reduction(ops.reduceSumSquare),
  reduceMax: reduction(ops.reduceMax, distinct),

  matmul: {
    apply: ([a, b]) => ops.matmul(a!, b!),
    points: fc.tuple(broadcasting(2), dim, dim, dim).chain(([[a, b], m, k, n]) => point({}, floats([...a!, m, k]), floats([...b!, k, n]))),
  },
  gemm: {
    apply: ([a, b, c], t: { transA: boolean; transB: boolean }) => ops.gemm(a!, b!, c, t),
    points: fc
      .tuple(dim, dim, dim, fc.boolean(), fc.boolean(), fc.constantFrom('none', 'row', 'column', 'full'))
      .chain(([m, k, n, transA, transB, c]) =>
        point(
          { transA, transB },
          floats(transA ? [k, m] : [m, k]),
          floats(transB ? [n, k] : [k, n]),
          ...(c === 'none' ? [] : [floats(c === 'row' ? [n] : c === 'column' ? [m, 1] : [m, n])]),
        ),
      ),
  },
  linear: {
    apply: ([x, w, b]) => ops.linear(x!, w!, b),
    points: fc
      .tuple(shapeOf(1, 3), dim, dim, fc.boolean())
      .chain(([rows, i, o, bias]) => point({}, floats([...rows, i]), floats([o, i]), ...(bias ? [floats([o])] : []))),
  },
  conv: { apply: ([x, w, b]) => ops.conv(x!, w!, b), points: convPoints(true) },
  patchEmbed: { apply: ([x, w, b]) => ops.patchEmbed(x!, w!, b), points: convPoints(true) },

  reshape: {
    apply: ([x], a: { shape: number[] }) => ops.reshape(x!, a.shape),
    points: anyShape.chain((s) =>
      fc.constantFrom([size(s)], [-1, 1], [1, ...s], s.toReversed()).chain((shape) => point({ shape }, floats(s))),
    ),
  },
  transpose: {
    apply: ([x], a: { perm: number[] }) => ops.transpose(x!, a.perm),
    points: shapeOf(1, 4).chain((s) =>
      fc
        .shuffledSubarray(
          s.map((_, i) => i),
          { minLength: s.length },
        )
        .chain((perm) => point({ perm }, floats(s))),
    ),
  },
  swapLast: { apply: ([x]) => ops.swapLast(x!), points: shapeOf(2, 4).chain((s) => point({}, floats(s))) },
  squeeze: {
    apply: ([x], a: { axes: number[] }) => ops.squeeze(x!, a.axes),
    points: fc.tuple(anyShape, anyShape).chain(([a, b]) => point({ axes: [a.length] }, floats([...a, 1, ...b].slice(0, 5)))),
  },
  unsqueeze: {
    apply: ([x], a: { axes: number[] }) => ops.unsqueeze(x!, a.axes),
    points: anyShape.chain((s) => fc.integer({ min: -s.length - 1, max: s.length }).chain((axis) => point({ axes: [axis] }, floats(s)))),
  },
  concat: {
    apply: (xs, a: { axis: number }) => ops.concat(xs, a),
    points: fc
      .tuple(shapeOf(1, 3), fc.array(dim, { minLength: 1, maxLength: 4 }))
      .chain(([s, sizes]) => axisOf(s).chain((axis) => point({ axis }, ...sizes.map((n) => floats(s.with(axis, n)))))),
  },
  split: {
    apply: ([x], a: { axis: number; sizes: number[] }) => ops.split(x!, a),
    points: fc.tuple(shapeOf(1, 3), fc.array(dim, { minLength: 1, maxLength: 4 })).chain(([s, sizes]) =>
      axisOf(s).chain((axis) =>
        point(
          { axis, sizes },
          floats(
            s.with(
              axis,
              sizes.reduce((a, b) => a + b),
            ),
          ),
        ),
      ),
    ),
  },
  slice: {
    apply: ([x], a: { axis: number; start: number; end?: number }) => ops.slice(x!, a),
    points: fc
      .tuple(shapeOf(1, 3), fc.nat(2), dim, fc.nat(2))
      .chain(([s, start, n, after]) =>
        axisOf(s).chain((axis) => point({ axis, start, end: start + n }, floats(s.with(axis, start + n + after)))),
      ),
  },
  pad: {
    apply: ([x], a: { pads: number[]; value: number }) => ops.pad(x!, a),
    points: shapeOf(1, 3).chain((s) =>
      fc.array(fc.nat(2), { minLength: 2 * s.length, maxLength: 2 * s.length }).chain((pads) => point({ pads, value: 0.5 }, floats(s))),
    ),
  },
  expand: {
    apply: ([x], a: { shape: number[] }) => ops.expand(x!, a.shape),
    points: fc.tuple(broadcasting(1), dim).chain(([[s], n]) => point({ shape: [n, ...s!.map((d) => (d === 1 ? 3 : d))] }, floats(s!))),
  },
  gather: {
    apply: ([x, i], a: { axis: number }) => ops.gather(x!, i!, a),
    points: fc
      .tuple(shapeOf(1, 3), anyShape)
      .chain(([s, at]) => axisOf(s).chain((axis) => point({ axis }, floats(s), indices(at, s.at(axis)!)))),
  },
  scatterAddRows: {
    apply: ([x, i], a: { n: number }) => ops.scatterAddRows(x!, i!, a.n),
    points: fc.tuple(dim, dim, dim).chain(([rows, width, n]) => point({ n }, floats([rows, width]), indices([rows], n))),
  },
  dropout: {
    apply: ([x, mask], a: { p: number }) => ops.dropout(x!, mask!, a),
    points: anyShape.chain((s) =>
      point(
        { p: 0.25 },
        floats(s),
        bools(s).map((m) => asFloats(m, 0)),
      ),
    ),
    wrt: [0],
  },

  crossEntropy: {
    apply: ([x, t], a: { smoothing?: number }) => crossEntropy(x!, t!, a),
    points: fc.tuple(dim, dim, fc.constantFrom(0, 0.1)).chain(([n, c, smoothing]) => point({ smoothing }, floats([n, c]), indices([n], c))),
  },
  weightedCrossEntropy: {
    apply: ([x, t, weight]) => crossEntropy(x!, t!, { weight }),
    points: fc.tuple(dim, dim).chain(([n, c]) => point({}, floats([n, c]), indices([n], c), floats([n], [0, 1]))),
  },
  contrastive: {
    apply: ([x, same]) => contrastive(x!, same),
    points: dim.chain((n) => point({}, floats([n, n]))),
  },
  // What only gradients of gradients reach: the backward pass of scatterAddRows, as an op of its upstream gradient.
  scatterAddRowsBackward: {
    apply: ([dy, i], a: { rows: number }) => {
      const x = ops.expand(ops.reshape(ops.mul(ops.reduceSum(dy!), 0), [1, 1]), [a.rows, dy!.shape[1]!])
      return gradients(ops.reduceSum(ops.mul(ops.scatterAddRows(x, i!, dy!.shape[0]!), dy!)), [x])[0]!
    },
    points: fc.tuple(dim, dim, dim).chain(([rows, width, n]) => point({ rows }, floats([n, width]), indices([rows], n))),
  },
}

function asFloats(x: HostArray, offset: number): HostArray {
  return { dtype: 'float32', shape: x.shape, data: Float32Array.from(x.data, (v) => v + offset) }
}
