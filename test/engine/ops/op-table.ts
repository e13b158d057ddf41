import fc from 'fast-check'
import { gradients } from '../../../src-main/engine/autodiff.ts'
import type { Value } from '../../../src-main/engine/graph/graph.ts'
import * as ops from '../../../src-main/engine/ops/index.ts'
import { contrastive, crossEntropy } from '../../../src-main/engine/tasks/losses.ts'
import type { HostArray } from '../../helpers/golden.ts'
import {
  anyShape,
  axisOf,
  bools,
  broadcasting,
  dim,
  distinct,
  floats,
  indices,
  type OpEntry,
  point,
  type Shape,
  shapeOf,
  size,
  withoutGradient,
} from './points.ts'
import { spatialTable } from './spatial-table.ts'

const unary = (f: (x: Value) => Value, range?: [number, number], kinks?: number[]): OpEntry => ({
  apply: ([x]) => f(x!),
  points: anyShape.chain((s) => point({}, floats(s, range, kinks))),
})
const binary = (f: (a: Value, b: Value) => Value, range?: [number, number]): OpEntry => ({
  apply: ([a, b]) => f(a!, b!),
  points: broadcasting(2).chain(([a, b]) => point({}, floats(a!), floats(b!, range))),
})
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
const patchPoints = patches.chain(({ n, c, o, k, h, w, rest, bias }) =>
  point({}, floats([n, c, h * k + (rest % k), w * k]), floats([o, c, k, k]), ...(bias ? [floats([o])] : [])),
)

/** Every function of engine/ops, and the losses. */
export const table: Readonly<Record<string, OpEntry>> = {
  ...spatialTable,
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
  sin: unary(ops.sin),
  cos: unary(ops.cos),
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
  fusedAttention: {
    apply: ([q, k, v], { heads }: { heads: number }) => ops.fusedAttention(q!, k!, v!, { heads }),
    points: fc
      .record({ b: dim, n: dim, t: dim, heads: fc.integer({ min: 1, max: 3 }), width: fc.integer({ min: 1, max: 3 }) })
      .chain(({ b, n, t, heads, width }) =>
        point({ heads }, floats([b, n, heads * width]), floats([b, t, heads * width]), floats([b, t, heads * width])),
      ),
  },
  linear: {
    apply: ([x, w, b]) => ops.linear(x!, w!, b),
    points: fc
      .tuple(shapeOf(1, 3), dim, dim, fc.boolean())
      .chain(([rows, i, o, bias]) => point({}, floats([...rows, i]), floats([o, i]), ...(bias ? [floats([o])] : []))),
  },
  patchEmbed: { apply: ([x, w, b]) => ops.patchEmbed(x!, w!, b), points: patchPoints },
  patchify: {
    apply: ([x], a: { patch: [number, number] }) => ops.patchify(x!, a.patch),
    points: fc
      .tuple(dim, dim, dim, dim, fc.nat(1))
      .chain(([n, c, p, q, rest]) => point({ patch: [p, q] }, floats([n, c, p * 2 + (rest % p), q]))),
  },

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
    apply: ([x], a: { axis: number; sizes: number[]; only?: number }) =>
      a.only === undefined ? ops.split(x!, a) : ops.split(x!, a)[a.only]!,
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
    apply: ([x], a: { axis: number; start: number; end?: number; step?: number }) => ops.slice(x!, a),
    points: fc
      .tuple(shapeOf(1, 3), fc.nat(2), dim, fc.nat(2), fc.constantFrom(undefined, 2, 3))
      .chain(([s, start, n, after, step]) =>
        axisOf(s).chain((axis) => point({ axis, start, end: start + n, step }, floats(s.with(axis, start + n + after)))),
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
