import fs from 'node:fs'
import path from 'node:path'
import { expect } from 'vitest'
import { sizeOf } from '../../src-main/engine/graph/graph.ts'

/** A tensor of a golden file (test/parity/engine/common.py). */
export interface GoldenTensor {
  readonly shape: number[]
  readonly dtype?: 'int64' | 'bool' | 'int8/32'
  readonly data: string
}

/** A tensor in memory; integers as int32, which every op accepts. */
export interface HostArray {
  readonly dtype: 'float32' | 'int32' | 'bool'
  readonly shape: readonly number[]
  readonly data: Float32Array | Int32Array | Uint8Array
}

export const goldenPath = (name: string) => path.join(import.meta.dirname, '../parity/engine', name)

export function golden<T>(name: string): T {
  return JSON.parse(fs.readFileSync(goldenPath(name), 'utf8')) as T
}

export function decode({ shape, dtype, data }: GoldenTensor): HostArray {
  const { buffer } = Uint8Array.from(Buffer.from(data, 'base64'))
  if (dtype === 'bool') return { dtype, shape, data: new Uint8Array(buffer) }
  if (dtype === 'int64') return { dtype: 'int32', shape, data: new Int32Array(buffer) }
  if (dtype === 'int8/32') return { dtype: 'float32', shape, data: Float32Array.from(new Int8Array(buffer), (x) => x / 32) }
  return { dtype: 'float32', shape, data: new Float32Array(buffer) }
}

export const floats = (t: GoldenTensor) => decode(t).data as Float32Array
export const ints = (t: GoldenTensor) => decode(t).data as Int32Array

/**
 * The largest error in `actual`, relative to each element's magnitude or, if that is smaller, to the tensor's root mean square (at least
 * 1e-3): an element that cancelled to near 0 cannot be more precise than its terms.
 */
export function relativeError(actual: ArrayLike<number>, expected: ArrayLike<number>): number {
  if (actual.length !== expected.length) throw new Error(`${actual.length} elements, ${expected.length} expected`)
  let squares = 0
  for (let i = 0; i < expected.length; i++) squares += expected[i]! ** 2
  const scale = Math.max(Math.sqrt(squares / expected.length), 1e-3)
  let worst = 0
  for (let i = 0; i < expected.length; i++) {
    const e = Math.abs(actual[i]! - expected[i]!) / Math.max(Math.abs(expected[i]!), scale)
    if (!(e <= worst)) worst = e // NaN counts as the worst
  }
  return worst
}

/** ‖actual − expected‖ / ‖expected‖ (or `floor`, for a tensor that is 0 up to rounding). */
export function normError(actual: ArrayLike<number>, expected: ArrayLike<number>, floor = 0): number {
  if (actual.length !== expected.length) throw new Error(`${actual.length} elements, ${expected.length} expected`)
  let d = 0
  let n = 0
  for (let i = 0; i < expected.length; i++) {
    d += (actual[i]! - expected[i]!) ** 2
    n += expected[i]! ** 2
  }
  return Math.sqrt(d) / Math.max(Math.sqrt(n), floor)
}

export function largestDifference(actual: ArrayLike<number>, expected: ArrayLike<number>): number {
  if (actual.length !== expected.length) throw new Error(`${actual.length} elements, ${expected.length} expected`)
  return Array.from(expected).reduce((worst, e, i) => {
    const d = Math.abs(actual[i]! - e)
    return d <= worst ? worst : d
  }, 0)
}

export function expectClose(
  what: string,
  actual: { readonly dims: readonly number[]; readonly data: unknown },
  expected: GoldenTensor,
  tolerance: number,
): void {
  expect(actual.dims, `${what}: shape`).toEqual(expected.shape)
  const want = decode(expected)
  expect(sizeOf(want.shape), what).toBe(want.data.length)
  const got = Float64Array.from(actual.data as ArrayLike<number>, Number)
  if (want.dtype === 'float32') expect(relativeError(got, want.data), what).toBeLessThanOrEqual(tolerance)
  else expect([...got], what).toEqual([...want.data])
}
