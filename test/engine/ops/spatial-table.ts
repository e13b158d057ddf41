import fc from 'fast-check'
import type { Value } from '../../../src-main/engine/graph/graph.ts'
import * as ops from '../../../src-main/engine/ops/index.ts'
import { axisOf, dim, distinct, floats, indices, type OpEntry, point, shapeOf, withoutGradient } from './points.ts'

type Window = { stride?: number[]; padding?: number[]; dilation?: number[] }
type Pool = Window & { kernel: number[] }
type Sample = { padding: 'zeros' | 'border' | 'reflection'; alignCorners: boolean }

const small = (min: number, max: number) => fc.integer({ min, max })
/** One spatial axis, or two: size, kernel, stride, dilation, and padding less than the kernel at each end; the window fits. */
const spatial = fc.array(
  fc
    .record({ kernel: small(1, 3), stride: small(1, 3), dilation: small(1, 2), before: fc.nat(2), after: fc.nat(2), more: fc.nat(3) })
    .map(({ kernel, more, before, after, dilation, ...rest }) => {
      const pads = { before: Math.min(before, kernel - 1), after: Math.min(after, kernel - 1) }
      return { ...rest, ...pads, kernel, dilation, size: Math.max(1, dilation * (kernel - 1) + 1 - pads.before - pads.after + more) }
    }),
  { minLength: 1, maxLength: 2 },
)
const windowOf = (axes: readonly { stride: number; dilation: number; before: number; after: number }[]): Required<Window> => ({
  stride: axes.map((a) => a.stride),
  dilation: axes.map((a) => a.dilation),
  padding: [...axes.map((a) => a.before), ...axes.map((a) => a.after)],
})

const convolutions = fc
  .tuple(spatial, dim, small(1, 2), small(1, 2), small(1, 2), fc.boolean())
  .chain(([axes, batch, groups, c, o, bias]) => {
    const attrs = { ...windowOf(axes), groups }
    const [sizes, kernel] = [axes.map((a) => a.size), axes.map((a) => a.kernel)]
    return point(attrs, floats([batch, c * groups, ...sizes]), floats([o * groups, c, ...kernel]), ...(bias ? [floats([o * groups])] : []))
  })
const transposed = fc
  .tuple(spatial, dim, small(1, 2), small(1, 2), small(1, 2), fc.boolean())
  .chain(([axes, batch, groups, c, o, bias]) => {
    // Nothing is cut away, and the output padding is less than the stride.
    const attrs = { ...windowOf(axes), padding: 0, groups, outputPadding: axes.map((a) => Math.min(a.before, a.stride - 1)) }
    const [sizes, kernel] = [axes.map((a) => a.size), axes.map((a) => a.kernel)]
    return point(attrs, floats([batch, c * groups, ...sizes]), floats([c * groups, o, ...kernel]), ...(bias ? [floats([o * groups])] : []))
  })
const pools = (values: typeof floats | typeof distinct, dilated: boolean, more: Record<string, fc.Arbitrary<unknown>> = {}) =>
  fc.tuple(spatial, small(1, 2), small(1, 2), fc.record(more)).chain(([axes, batch, c, options]) => {
    const plain = dilated ? axes : axes.map((a) => ({ ...a, dilation: 1 }))
    const attrs = { ...windowOf(plain), ...options, kernel: axes.map((a) => a.kernel) }
    return point(attrs, values([batch, c, ...axes.map((a) => a.size)]))
  })

/** Points whose places on the image lie a tenth or more from a pixel's middle and edge, where a sample has a kink. */
const samples = (paddings: readonly Sample['padding'][], corners: fc.Arbitrary<boolean>) =>
  fc.record({ b: small(1, 2), c: small(1, 2), h: small(1, 4), w: small(1, 4), n: small(1, 3) }).chain(({ b, c, h, w, n }) =>
    fc
      .tuple(
        fc.constantFrom(...paddings),
        corners,
        fc.array(fc.tuple(fc.integer({ min: -5, max: 9 }), small(3, 7)), { minLength: 2 * b * n, maxLength: 2 * b * n }),
      )
      .chain(([padding, alignCorners, places]) => {
        const grid = Float32Array.from(places, ([half, tenth], i) => {
          const [size, place] = [i % 2 ? h : w, half / 2 + tenth / 20]
          return alignCorners ? (place / Math.max(1, size - 1)) * 2 - 1 : ((place + 0.5) / size) * 2 - 1
        })
        return point({ padding, alignCorners }, floats([b, c, h, w]), fc.constant({ dtype: 'float32', shape: [b, n, 1, 2], data: grid }))
      }),
  )

/** Convolution, pooling, sampling and picking. */
export const spatialTable: Readonly<Record<string, OpEntry>> = {
  conv: { apply: ([x, w, b], a: Window) => ops.conv(x!, w!, b, a), points: convolutions },
  convTranspose: { apply: ([x, w, b], a: Window) => ops.convTranspose(x!, w!, b, a), points: transposed },
  maxPool: { apply: ([x], a: Pool) => ops.maxPool(x!, a), points: pools(distinct, true, { ceil: fc.boolean() }) },
  averagePool: { apply: ([x], a: Pool) => ops.averagePool(x!, a), points: pools(floats, false, { countPadding: fc.boolean() }) },
  gridSample: {
    apply: ([x, grid], a: Sample) => ops.gridSample(x!, grid!, a),
    points: samples(['zeros', 'border', 'reflection'], fc.boolean()),
  },
  gridSampleFused: {
    apply: ([x, grid]) => ops.gridSampleFused(x!, grid!),
    points: samples(['zeros'], fc.constant(false)),
  },
  gatherElements: {
    apply: ([x, i], a: { axis: number }) => ops.gatherElements(x!, i!, a),
    points: fc
      .tuple(shapeOf(1, 3), dim)
      .chain(([s, n]) => axisOf(s).chain((axis) => point({ axis }, floats(s), indices(withAxis(s, axis, n), s.at(axis)!)))),
  },
  topK: {
    apply: ([x], a: { k: number; axis: number; largest: boolean }) => ops.topK(x!, a).values,
    points: shapeOf(1, 3).chain((s) =>
      fc
        .tuple(axisOf(s), fc.boolean())
        .chain(([axis, largest]) => small(1, s.at(axis)!).chain((k) => point({ k, axis, largest }, distinct(s)))),
    ),
  },
  topKIndices: withoutGradient(([x], a: { k: number; axis: number; largest: boolean }) => ops.topK(x!, a).indices),
  layerNormStats: {
    apply: ([x, g, b], a: { eps: number }): Value[] => {
      const { y, mean, rstd } = ops.layerNormStats(x!, g!, b!, a)
      return [y, mean, rstd]
    },
    points: fc.tuple(shapeOf(0, 2), small(2, 6)).chain(([rows, d]) => point({ eps: 0.1 }, floats([...rows, d]), floats([d]), floats([d]))),
  },
  floor: withoutGradient(([x]) => ops.floor(x!)),
}

const withAxis = (s: readonly number[], axis: number, n: number) => s.map((d, i) => (i === (axis + s.length) % s.length ? n : d))
