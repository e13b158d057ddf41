import fs from 'node:fs'
import path from 'node:path'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { breadcrumbs, breadcrumbsSlices } from '../../../src-main/engine/merge/methods/breadcrumbs.ts'
import { dare, dareSlices, seededKeep } from '../../../src-main/engine/merge/methods/dare.ts'
import { linear } from '../../../src-main/engine/merge/linear.ts'
import { taskArithmetic } from '../../../src-main/engine/merge/methods/task-arithmetic.ts'
import { uniform } from '../../../src-main/engine/merge/methods/uniform.ts'
import { wiseFt } from '../../../src-main/engine/merge/methods/wise-ft.ts'
import { modelStock, modelStockSlices } from '../../../src-main/engine/merge/methods/model-stock.ts'
import { slerp, slerpSlices } from '../../../src-main/engine/merge/methods/slerp.ts'
import { ties, tiesSlices } from '../../../src-main/engine/merge/methods/ties.ts'
import { mergeTensor, type SliceMerge } from '../../../src-main/engine/merge/slices.ts'

interface Golden {
  base: number[]
  thetas: number[][]
  slerp: { a: number[]; b: number[]; t: number; expected: number[] }[]
  taskArithmetic: { lambda: number; expected: number[] }[]
  ties: { density: number; lambda: number; expected: number[] }[]
  dare: { density: number; lambda: number; masks: number[][]; expected: number[] }
  modelStock: { thetas: number[][]; expected: number[] }[]
  breadcrumbs: { density: number; gamma: number; lambda: number; expected: number[] }[]
}
const golden = JSON.parse(fs.readFileSync(path.join(import.meta.dirname, '../../parity/merge/mergekit.json'), 'utf8')) as Golden
const f32 = (x: readonly number[]) => Float32Array.from(x)
const base = f32(golden.base)
const thetas = golden.thetas.map(f32)

/** mergekit computes in float32, this in float64: they agree to a few of its roundings. */
function expectClose(found: Float32Array, expected: readonly number[]) {
  expect(found).toHaveLength(expected.length)
  const worst = Math.max(...expected.map((e, i) => Math.abs(found[i]! - e) / Math.max(1, Math.abs(e))))
  expect(worst).toBeLessThan(1e-6)
}

describe('equal to mergekit', () => {
  it.each(golden.slerp.map((c, i) => ({ i, ...c })))('slerp $i, t = $t', ({ a, b, t, expected }) =>
    expectClose(slerp(f32(a), f32(b), t), expected),
  )
  it.each(golden.taskArithmetic)('task arithmetic, λ = $lambda', ({ lambda, expected }) =>
    expectClose(taskArithmetic(base, thetas, lambda), expected),
  )
  it.each(golden.ties)('TIES, density $density, λ = $lambda', ({ expected, ...options }) =>
    expectClose(ties(base, thetas, options), expected),
  )
  it.each(golden.modelStock.map((c, i) => ({ i, ...c })))('Model Stock $i', ({ thetas, expected }) =>
    expectClose(modelStock(base, thetas.map(f32)), expected),
  )
  it.each(golden.breadcrumbs)('Breadcrumbs, density $density, γ = $gamma, λ = $lambda', ({ expected, ...options }) =>
    expectClose(breadcrumbs(base, thetas, options), expected),
  )
  it('DARE with its masks', () => {
    const { masks, expected, ...options } = golden.dare
    expectClose(
      dare(base, thetas, options, (k, i) => masks[k]![i] === 1),
      expected,
    )
  })
})

const tensor = (n: number) => fc.array(fc.float({ noNaN: true, min: -8, max: 8 }), { minLength: n, maxLength: n }).map(f32)
const family = fc
  .tuple(fc.integer({ min: 1, max: 70 }), fc.integer({ min: 2, max: 11 }))
  .chain(([n, k]) => fc.array(tensor(n), { minLength: k, maxLength: k }))

describe('laws', () => {
  it('a weighted sum is the float64 sum in order, rounded once', () => {
    fc.assert(
      fc.property(family, fc.array(fc.double({ min: -2, max: 2, noNaN: true }), { minLength: 11, maxLength: 11 }), (xs, w) => {
        const expected = xs[0]!.map((_, i) => xs.reduce((s, x, k) => s + x[i]! * w[k]!, 0))
        expect(linear(xs, w.slice(0, xs.length))).toEqual(expected)
      }),
    )
  })

  it('a long tensor is summed to its end', () => {
    const n = (1 << 14) + 5
    const x = Float32Array.from({ length: n }, (_, i) => i)
    const y = uniform([x, x.map((v) => v + 2), x.map((v) => v + 4)])
    expect(y).toEqual(x.map((v) => v + 2))
  })

  it('a soup of one thing is that thing', () => {
    fc.assert(
      fc.property(tensor(17), fc.integer({ min: 1, max: 9 }), (x, n) => {
        const soup = uniform(Array.from({ length: n }, () => x))
        soup.forEach((v, i) => expect(Math.abs(v - x[i]!)).toBeLessThanOrEqual(Math.abs(x[i]!) * 2 ** -23))
        expectClose(ties(x, [x, x], { density: 0.5, lambda: 1 }), [...x])
      }),
    )
  })

  it('WiSE-FT and SLERP begin at θ₀ and end at θ₁', () => {
    fc.assert(
      fc.property(tensor(9), tensor(9), (a, b) => {
        for (const f of [wiseFt, slerp]) {
          expectClose(f(a, b, 0), [...a])
          expectClose(f(a, b, 1), [...b])
        }
      }),
    )
  })

  it('SLERP keeps the norm between vectors of one norm', () => {
    const norm = (x: Float32Array) => Math.hypot(...x)
    const a = f32([3, 0, 4])
    const b = f32([0, 5, 0])
    for (const t of [0.1, 0.5, 0.8]) expect(norm(slerp(a, b, t))).toBeCloseTo(5, 6)
    expect(norm(wiseFt(a, b, 0.5))).toBeLessThan(4)
  })

  it('TIES keeps ⌊density·n⌋ entries, the largest, and at least one; the first among equals', () => {
    const zero = new Float32Array(10)
    const kept = (x: Float32Array, density: number) => [...ties(zero, [x], { density, lambda: 1 })].filter((v) => v !== 0)
    expect(kept(f32([1, -9, 3, 4, 5, -6, 7, 8, 2, 0.5]), 0.3)).toEqual([-9, 7, 8])
    expect(kept(f32([1, -9, 3, 4, 5, -6, 7, 8, 2, 0.5]), 0.01)).toEqual([-9])
    expect(kept(f32([1, 2, -2, 2, -2, 1, 1, 1, 1, 1]), 0.2)).toEqual([2, -2])
    expect(ties(f32([4]), [f32([5])], { density: 0.2, lambda: 1 })).toEqual(f32([5])) // a scalar such as logit_scale
  })

  it('Breadcrumbs drops the ⌊γ·n⌋ largest, then keeps ⌊density·n⌋; the first among equals count as larger', () => {
    const zero = new Float32Array(10)
    const kept = (x: Float32Array, density: number, gamma: number) =>
      [...breadcrumbs(zero, [x], { density, gamma, lambda: 1 })].filter((v) => v !== 0)
    const x = f32([1, -9, 3, 4, 5, -6, 7, 8, 2, 0.5])
    expect(kept(x, 0.3, 0.2)).toEqual([5, -6, 7])
    expect(kept(x, 0.3, 0)).toEqual([-9, 7, 8])
    expect(kept(x, 0.09, 0.2)).toEqual([])
    expect(kept(x, 0.8, 0.5)).toEqual([1, 3, 4, 5, -6, 7, 2, 0.5]) // ten entries: two outliers are all that can go
    expect(kept(f32([1, 2, -2, 2, -2, 1, 1, 1, 1, 1]), 0.2, 0.2)).toEqual([2, -2])
  })

  it('DARE keeps the expectation, and about its density of entries', () => {
    const n = 40_000
    const ones = new Float32Array(n).fill(1)
    const soup = dare(new Float32Array(n), [ones, ones], { density: 0.3, lambda: 1 }, seededKeep(0.3, 7, 'w'))
    expect(soup.reduce((a, b) => a + b) / n).toBeCloseTo(2, 1)
    const both = soup.filter((x) => x > 6).length / n
    expect(Math.abs(both - 0.09)).toBeLessThan(0.01) // the two masks are independent
  })

  it('a mask is fixed by seed and tensor, and another for any other', () => {
    const mask = (seed: number, name: string, k = 0) => Array.from({ length: 64 }, (_, i) => seededKeep(0.5, seed, name)(k, i)).join()
    expect(mask(1, 'w')).toBe(mask(1, 'w'))
    expect(new Set([mask(1, 'w'), mask(2, 'w'), mask(1, 'v'), mask(1, 'w', 1)]).size).toBe(4)
  })
})

describe('slices', () => {
  /** As the driver does: the tensor in slices, `gather` in order for each pass, then `combine`. */
  function sliced(method: SliceMerge, inputs: readonly Float32Array[], size: number) {
    const n = inputs[0]!.length
    const out = new Float32Array(n)
    const each = (f: (xs: Float32Array[], start: number) => void) => {
      for (let s = 0; s < n; s += size)
        f(
          inputs.map((x) => x.slice(s, s + size)),
          s,
        )
    }
    for (let pass = 0; pass < method.passes; pass++) each((xs) => method.gather!(pass, xs))
    each((xs, s) => {
      const y = new Float32Array(xs[0]!.length)
      method.combine(xs, y, s)
      out.set(y, s)
    })
    return out
  }

  it('give what the whole tensor gives, wherever it is cut', () => {
    const make: ((n: number) => SliceMerge)[] = [
      (n) => tiesSlices(n - 1, { density: 0.4, lambda: 0.8 }),
      (n) => breadcrumbsSlices(n - 1, { density: 0.4, gamma: 0.2, lambda: 0.8 }),
      (n) => dareSlices({ density: 0.4, lambda: 0.8 }, seededKeep(0.4, n, 'w')),
    ]
    const stock = modelStockSlices
    fc.assert(
      fc.property(family, fc.integer({ min: 1, max: 20 }), (xs, size) => {
        const k = xs.length - 1 // Model Stock sums in the order of the tensor too: the same bits
        if (k > 1) expect(sliced(stock(k), xs, size)).toEqual(mergeTensor(stock(k), xs))
        for (const m of make) expect(sliced(m(xs.length), xs, size)).toEqual(mergeTensor(m(xs.length), xs))
        expectClose(sliced(slerpSlices(0.3), xs.slice(0, 2), size), [...slerp(xs[0]!, xs[1]!, 0.3)])
      }),
      { numRuns: 40 },
    )
  })
})
