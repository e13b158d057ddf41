import fc from 'fast-check'
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

export type Shape = readonly number[]
export const size = (shape: Shape) => shape.reduce((a, b) => a * b, 1)
export const dim = fc.integer({ min: 1, max: 4 })
export const shapeOf = (min: number, max: number) => fc.array(dim, { minLength: min, maxLength: max })
export const anyShape = shapeOf(0, 3)

/** Floats in [lo, hi], none nearer than 0.1 to a kink. */
export const floats = (shape: Shape, [lo, hi] = [-2, 2], kinks: readonly number[] = []): fc.Arbitrary<HostArray> =>
  fc
    .array(fc.float({ min: lo, max: hi, noNaN: true, noDefaultInfinity: true }), { minLength: size(shape), maxLength: size(shape) })
    .map((xs) => ({
      dtype: 'float32' as const,
      shape,
      data: Float32Array.from(xs, (x) => kinks.reduce((v, k) => (Math.abs(v - k) < 0.1 ? k + (v < k ? -0.1 : 0.1) : v), x)),
    }))
/** Values all at least 0.1 apart, for ops that pick one of several. */
export const distinct = (shape: Shape): fc.Arbitrary<HostArray> =>
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
export const indices = (shape: Shape, below: number): fc.Arbitrary<HostArray> =>
  fc
    .array(fc.nat(below - 1), { minLength: size(shape), maxLength: size(shape) })
    .map((xs) => ({ dtype: 'int32' as const, shape, data: Int32Array.from(xs) }))
export const bools = (shape: Shape): fc.Arbitrary<HostArray> =>
  fc
    .array(fc.boolean(), { minLength: size(shape), maxLength: size(shape) })
    .map((xs) => ({ dtype: 'bool' as const, shape, data: Uint8Array.from(xs, Number) }))
export const point = (attrs: unknown, ...inputs: fc.Arbitrary<HostArray>[]): fc.Arbitrary<Point> =>
  fc.tuple(...inputs).map((xs) => ({ attrs, inputs: xs }))

/** Shapes that broadcast with each other: each from one full shape, some axes made 1, some leading axes dropped. */
export const broadcasting = (n: number) =>
  anyShape.chain((full) =>
    fc.tuple(
      ...Array.from({ length: n }, () =>
        fc
          .tuple(fc.nat(full.length), fc.array(fc.boolean(), { minLength: full.length, maxLength: full.length }))
          .map(([drop, ones]) => full.map((d, i) => (ones[i] ? 1 : d)).slice(drop)),
      ),
    ),
  )

export const withoutGradient = (apply: Apply<never>): OpEntry => ({ apply })
export const axisOf = (s: Shape) => fc.integer({ min: -s.length, max: s.length - 1 })
